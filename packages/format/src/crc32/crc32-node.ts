/**
 * CRC-32 of a range in Node: zlib, or something faster, for long ranges, the tables for short ones.
 *
 * `zlib.crc32` runs at 3 to 7 GB/s but a call costs some 140 ns, which a header cannot afford. This package
 * has no dependencies, so whoever has a faster function at hand offers it (docs/adr/0009). It changes how
 * long a checksum takes and nothing else.
 */

import { crc32 as zlibCrc32 } from 'node:zlib'
import { checkRange, crc32 as tablesCrc32 } from './crc32-tables.js'

/** Measured on Node 20: from here on the call into native code is the faster of the two. */
const NATIVE_BYTES_MIN = 256

/** A CRC-32 (IEEE) of all bytes, continued from `seed`; unsigned. */
export type Crc32OfBytes = (bytes: Uint8Array, seed: number) => number

const ofLongRange: { crc32: Crc32OfBytes } = { crc32: zlibCrc32 }

/**
 * Offers a function that is faster than `zlib.crc32`, for this process. It is used, and true returned, when
 * it gives the right checksums of a sample. In a browser it never is.
 */
export function offerCrc32(candidate: Crc32OfBytes): boolean {
  const sample = Uint8Array.from({ length: 1021 }, (_, at) => at * at)
  const isRight = [0, 1, 0xffff_ffff].every(
    (seed) => candidate(sample, seed) === zlibCrc32(sample, seed),
  )
  if (isRight) ofLongRange.crc32 = candidate
  return isRight
}

/**
 * Computes the CRC-32 (IEEE) of `bytes[start, end)`.
 *
 * `seed` is the checksum of what came before (0 = nothing), so that a checksum can be continued.
 * Returns an unsigned 32-bit number; an empty range returns the seed.
 *
 * @throws {RangeError} when the range does not lie in `bytes`
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  if (end - start < NATIVE_BYTES_MIN) return tablesCrc32(bytes, start, end, seed)
  checkRange(bytes, start, end)
  // Not `subarray`, which costs three times as much.
  const range = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
  return ofLongRange.crc32(range, seed)
}
