/**
 * The header check: CRC-32 over `[0, 28)` and `[32, header bytes without extensions)`, that is over
 * the header without the check itself.
 *
 * One function for writer and reader. The writer's first two words are not in memory yet when it
 * stamps (the commit word is written last), so they are passed in. It feeds words straight from a
 * `DataView` to the tables: about 40 ns, where a call into zlib and two subarrays cost 200.
 *
 * ```
 *   0     8                          28    32                                  72
 *   | passed in | from the view, 20 B | check | from the view, 40 B             |
 * ```
 */

import { crcSixteenBytes, crcWord } from '../crc32/crc32-words.js'
import {
  BASE_OFFSET_AT,
  BATCH_HEADER_BYTES,
  BODY_CHECK_AT,
  EPOCH_AT,
  HEADER_CHECK_AT,
} from './batch-descriptor.js'
import { assert } from '../errors/assertion.js'

assert(HEADER_CHECK_AT - BASE_OFFSET_AT === 20, 'before the check: sixteen bytes and one word')
assert(BATCH_HEADER_BYTES - BODY_CHECK_AT === 40, 'behind it: twice sixteen bytes and two words')

/**
 * Computes the header check of the batch whose header lies at `position` of `view`.
 *
 * `headerWord` and `batchLength` stand for the first eight bytes, which are not read.
 */
export function computeHeaderCheck(
  view: DataView,
  position: number,
  headerWord: number,
  batchLength: number,
): number {
  let state = crcWord(crcWord(~0, headerWord), batchLength)
  state = crcSixteenBytes(state, view, position + BASE_OFFSET_AT)
  state = crcWord(state, view.getUint32(position + EPOCH_AT, true))
  state = crcSixteenBytes(state, view, position + BODY_CHECK_AT)
  state = crcSixteenBytes(state, view, position + BODY_CHECK_AT + 16)
  state = crcWord(state, view.getUint32(position + BODY_CHECK_AT + 32, true))
  return ~crcWord(state, view.getUint32(position + BODY_CHECK_AT + 36, true)) >>> 0
}
