/**
 * Has accepted sockets read into memory that is used again with every read.
 *
 * For each read Node makes a buffer of 64 KiB. Fresh ones are cold and make the kernel map pages, and as
 * memory outside of V8's heap they have garbage collected: a third of what receiving in bulk costs. Node
 * can read into one buffer, but offers that only for sockets that one opens (`onread` of `net.connect`).
 * The machinery is in every socket, and this file switches it on, the way `net.Socket` does when it is made.
 *
 * It is no public interface. Where a part of it is not as it was in Node 20, 22 and 24, nothing is changed, and
 * the socket goes on handing out buffers of its own: as correct, and slower.
 */

import type { Socket } from 'node:net'

/** As much as Node reads at once: what is read stays in the nearer caches until it is dealt with. */
const READ_BYTES = 64 * 1024

/** Hears of each read. The bytes change when it has returned; false stops reading until `resume`. */
export type ReadListener = (bytes: Buffer) => boolean

/** One piece of memory for the sockets of a server, which are read one at a time. */
export class LentReads {
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES)

  /**
   * From here on what the socket reads goes to `onRead`, and not to listeners of `data`. False when this
   * Node cannot do that: then nothing has changed.
   */
  lendTo(socket: Socket, onRead: ReadListener): boolean {
    const parts = partsOf(socket)
    if (parts === undefined) return false
    const { state, buffer, callback } = parts
    const memory = this.#memory
    parts.handle.useUserBuffer(memory)
    state[buffer] = memory
    state[callback] = (length: number) => onRead(memory.subarray(0, length))
    return true
  }
}

interface Parts {
  readonly state: Record<symbol, unknown>
  readonly handle: { useUserBuffer(memory: Uint8Array): void }
  readonly buffer: symbol
  readonly callback: symbol
}

/** What `net.Socket` keeps for `onread`; undefined when something is missing or in use. */
function partsOf(socket: Socket): Parts | undefined {
  const state = socket as unknown as Record<symbol, unknown>
  const { _handle: handle } = socket as unknown as { _handle?: Partial<Parts['handle']> | null }
  const symbols = Object.getOwnPropertySymbols(socket)
  const named = (name: string): symbol | undefined =>
    symbols.find(({ description }) => description === name)
  const buffer = named('kBuffer')
  const callback = named('kBufferCb')
  const generator = named('kBufferGen')
  if (buffer === undefined || callback === undefined || generator === undefined) return undefined
  if (state[buffer] !== null || state[callback] !== null || state[generator] !== null) {
    return undefined
  }
  const { useUserBuffer } = handle ?? {}
  if (typeof useUserBuffer !== 'function') return undefined
  return { state, handle: handle as Parts['handle'], buffer, callback }
}
