/**
 * Assertions: for our bugs only. Never caught, never mapped to a code, on in production.
 *
 * What comes from disk, network or application is validated instead, and yields errors.
 * `node:assert` is not used because these packages also run in a page.
 */

/** One of our own invariants does not hold: a bug, not an event to handle. */
export class AssertionError extends Error {
  static {
    this.prototype.name = 'AssertionError'
  }
}

/**
 * States an invariant.
 *
 * `message` is built by the caller at every call: pass a plain string where it is hot.
 *
 * @throws {AssertionError} when `condition` is false
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/**
 * Ends an exhaustive switch: the compiler refuses a call whose value is still possible.
 *
 * @throws {AssertionError} always
 */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${String(value)}`)
}
