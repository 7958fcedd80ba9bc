/**
 * u64 fields as safe-integer numbers: two u32 reads combined, little-endian.
 *
 * BigInt costs 8–40 ns a field and would leak into every signature; an offset of 2^53 lasts for
 * 285 years at a million records a second. So the format bounds these fields by 2^53 − 1.
 *
 * ```
 *   at      at + 4
 *   +-------+-------+
 *   |  low  | high  |     value = high × 2^32 + low,  high ≤ 0x1fffff
 *   +-------+-------+
 * ```
 */

import { assert } from '../errors/assertion.js'

const WORD_RANGE = 0x1_0000_0000
const HIGH_MAX = 0x1f_ffff

/** Reads a u64. Exact up to 2^53 − 1; see {@link isSafeU64} for bytes that are not yet trusted. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * WORD_RANGE + view.getUint32(at, true)
}

/** Whether the u64 at `at` is at most 2^53 − 1, so that {@link readU64} is exact. */
export function isSafeU64(view: DataView, at: number): boolean {
  return view.getUint32(at + 4, true) <= HIGH_MAX
}

/**
 * Writes a u64.
 *
 * @throws {AssertionError} when `value` is not a safe integer ≥ 0
 */
export function writeU64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a u64 field is a safe integer of at least 0')
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / WORD_RANGE), true)
}
