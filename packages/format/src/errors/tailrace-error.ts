/**
 * The base of every error that an application may handle.
 *
 * It is apart from its classes so that code which only asks "is this ours, and what next?" depends
 * on nothing else. Recognised by a brand, not by `instanceof`: two copies of this package in one
 * program (a bundle and a dependency) still understand each other's errors.
 */

import { ERROR_REGISTRY, type ErrorAction, type ErrorCode } from './error-registry.js'

const BRAND = Symbol.for('tailrace.error')

/** Facts about an error by name, numbers with the unit in the name (`positionBytes`). */
export type ErrorDetails = Readonly<Record<string, unknown>>

/** What an error may carry besides its code and message. */
export interface TailraceErrorOptions {
  readonly details?: ErrorDetails | undefined
  readonly cause?: unknown
}

/** Base of every error an application may handle. Match on `code`, never on `message`. */
export abstract class TailraceError extends Error {
  abstract readonly code: ErrorCode
  /** What the caller should do next. */
  readonly action: ErrorAction
  /** Facts about this occurrence; empty when there are none. */
  readonly details: ErrorDetails

  /**
   * @param code the code, repeated by the subclass with its narrower type
   * @param message lower case, actual then allowed, with names and units
   */
  protected constructor(code: ErrorCode, message: string, options: TailraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.action = ERROR_REGISTRY[code].action
    this.details = options.details ?? {}
  }

  /** Whether `value` is a TailraceError, also one made by another copy of this package. */
  static is(value: unknown): value is TailraceError {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }
}
