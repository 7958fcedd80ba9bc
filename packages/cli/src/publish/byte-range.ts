/**
 * A record's value before it is sent: a place in somebody's buffer.
 *
 * One range serves for every record, and the codec hands it through, so that nothing is allocated for
 * a record between the file and the batch.
 */

import { type Codec } from '@tailrace/client'

/** `bytes` from `start` to `end` (exclusive), valid until the next one is asked for. */
export interface ByteRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** Sends the bytes of a range as they are. */
export const byteRangeCodec: Codec<ByteRange> = {
  name: 'raw',
  encode: ({ bytes, start, end }) => bytes.subarray(start, end),
  encodeInto(range, target) {
    target.bytes = range.bytes
    target.start = range.start
    target.end = range.end
  },
  decode: (bytes) => ({ bytes, start: 0, end: bytes.length }),
}
