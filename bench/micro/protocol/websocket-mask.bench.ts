/** Masking what a client sends: eight bytes at a time, and one by one, as anybody would write it. */
import { applyMask } from '@tailrace/protocol'
import { someBytes } from '../micro.js'
import type { MicroBench, MicroCase } from '../micro.js'

const LENGTHS = [128, 4096, 65_536]
const KEY = 0x1234_5678

export const websocketMaskBench: MicroBench = {
  name: 'protocol/websocket-mask',
  open(size) {
    const totalBytes = size === 'full' ? 2 ** 18 : 2 ** 16
    return {
      cases: LENGTHS.flatMap((length) => {
        const count = Math.max(1, totalBytes / length)
        const masking = (name: string, mask: (bytes: Uint8Array) => void): MicroCase => {
          const bytes = someBytes(length)
          return {
            name: `${name}, ${length} B`,
            amount: count,
            unit: 'frame',
            unitBytes: length,
            sameAs: String(length),
            run() {
              let sum = 0
              for (let at = 0; at < count; at += 1) {
                mask(bytes)
                sum += bytes[at % length] ?? 0
              }
              return sum
            },
          }
        }
        return [
          masking('applyMask', (bytes) => applyMask(bytes, KEY)),
          masking('byte by byte', byteByByte),
        ]
      }),
    }
  },
}

function byteByByte(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = (bytes[at] ?? 0) ^ ((KEY >>> ((at & 3) * 8)) & 0xff)
  }
}
