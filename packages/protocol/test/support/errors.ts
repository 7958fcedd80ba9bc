/** Runs code that is expected to fail and hands out how. */

import { TailraceError } from '@tailrace/format'

/** The TailraceError that `action` throws; anything else, or nothing, fails the test. */
export function errorOf(action: () => unknown): TailraceError {
  let value: unknown
  try {
    value = action()
  } catch (error) {
    if (TailraceError.is(error)) return error
    throw new Error('threw something that is not a TailraceError', { cause: error })
  }
  throw new Error(`threw nothing, returned ${JSON.stringify(value)}`)
}
