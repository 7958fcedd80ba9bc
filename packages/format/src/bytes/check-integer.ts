/**
 * The ranges of integer fields, and the one check of a number that an application passes in.
 */

/** The largest u16. */
export const U16_MAX = 0xffff
/** The largest u32. */
export const U32_MAX = 0xffff_ffff

/**
 * Returns `value` when it is a whole number in [0, max].
 *
 * @throws {RangeError} when it is not; `name` says which
 */
export function checkInteger(name: string, value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value
  throw new RangeError(`${name} must be a whole number from 0 to ${max}: ${value}`)
}
