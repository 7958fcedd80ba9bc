/** Checks numbers that an application gives. */

/**
 * Returns `value` if it is a safe integer of at least `min`.
 *
 * @throws {RangeError} naming the option, when it is not.
 */
export function wholeNumber(name: string, value: number, min = 0): number {
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new RangeError(`${name} must be a whole number from ${min}: ${String(value)}`)
}
