/** Catching errors as values. */

import { expect } from 'vitest'
import { TailraceError, type ErrorCode } from '@tailrace/format'

/** What the function throws or the promise rejects with, which must be a TailraceError of this code. */
export async function errorOf(
  code: ErrorCode,
  action: (() => unknown) | Promise<unknown>,
): Promise<TailraceError> {
  const error = await thrownBy(action)
  if (!TailraceError.is(error)) {
    expect(error, `expected a TailraceError ${code}`).toBeInstanceOf(TailraceError)
    throw error
  }
  expect(error.code).toBe(code)
  return error
}

/** What the function throws or the promise rejects with; undefined when nothing is thrown. */
export async function thrownBy(action: (() => unknown) | Promise<unknown>): Promise<unknown> {
  try {
    await (typeof action === 'function' ? action() : action)
  } catch (error) {
    return error
  }
  return undefined
}
