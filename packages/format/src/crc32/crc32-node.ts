/**
 * CRC-32 of a range in Node: zlib for long ranges, the tables for short ones.
 *
 * `zlib.crc32` runs at 7 GB/s but a call costs some 140 ns, which a header cannot afford.
 */

import { crc32 as zlibCrc32 } from 'node:zlib'
import { checkRange, crc32 as tablesCrc32 } from './crc32-tables.js'

/** Measured on Node 20: from here on the call into zlib is the faster of the two. */
const ZLIB_BYTES_MIN = 256

/**
 * Computes the CRC-32 (IEEE) of `bytes[start, end)`.
 *
 * `seed` is the checksum of what came before (0 = nothing), so that a checksum can be continued.
 * Returns an unsigned 32-bit number; an empty range returns the seed.
 *
 * @throws {RangeError} when the range does not lie in `bytes`
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  if (end - start < ZLIB_BYTES_MIN) return tablesCrc32(bytes, start, end, seed)
  checkRange(bytes, start, end)
  return zlibCrc32(bytes.subarray(start, end), seed)
}
