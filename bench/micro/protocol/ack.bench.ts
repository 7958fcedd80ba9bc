/** Acknowledgements: many in a frame, written by a builder and read by a cursor, and as objects. */
import {
  AckCursor,
  AckFrameBuilder,
  FRAME_PREFIX_BYTES,
  decodeAckBody,
  encodeAckFrame,
} from '@tailrace/protocol'
import type { MicroBench } from '../micro.js'

export const ackBench: MicroBench = {
  name: 'protocol/ack',
  open(size) {
    const count = size === 'full' ? 1000 : 50
    const entries = Array.from({ length: count }, (_, at) => ({
      channel: 1 + (at % 64),
      throughOrdinal: at,
      baseOffset: at * 500,
      isDuplicate: false,
      isDurable: true,
    }))
    const builder = new AckFrameBuilder()
    const cursor = new AckCursor()
    const frame = encodeAckFrame(entries)
    const body = frame.subarray(FRAME_PREFIX_BYTES)
    const common = { amount: count, unit: 'entry' }
    return {
      cases: [
        {
          ...common,
          name: 'AckFrameBuilder',
          run() {
            for (const entry of entries) builder.append(entry)
            return builder.build().length
          },
        },
        {
          ...common,
          name: 'AckCursor',
          sameAs: 'offsets',
          run() {
            let sum = 0
            for (cursor.wrap(frame, FRAME_PREFIX_BYTES); cursor.next();) {
              sum += cursor.baseOffset + cursor.throughOrdinal
            }
            return sum
          },
        },
        {
          ...common,
          name: 'decodeAckBody',
          sameAs: 'offsets',
          run() {
            let sum = 0
            for (const entry of decodeAckBody(body)) sum += entry.baseOffset + entry.throughOrdinal
            return sum
          },
        },
      ],
    }
  },
}
