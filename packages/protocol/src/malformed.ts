/**
 * The one way this package says that bytes from the other side are wrong.
 */

import { ProtocolError, type ErrorDetails } from '@tailrace/format'

/** Makes the error for a frame that cannot be understood; the connection does not survive it. */
export function malformed(message: string, details: ErrorDetails = {}): ProtocolError {
  return new ProtocolError('MALFORMED_FRAME', message, { details })
}

/** Asserts that a value we are about to send is an integer in [min, max]: a breach is our bug. */
export function assertInteger(
  name: string,
  value: number,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new RangeError(`${name} is ${value}, must be an integer from ${min} to ${max}`)
}
