/** A promise together with the functions that settle it. */

/** A promise that somebody else settles. Settling it again does nothing. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Makes a promise that is settled from outside. */
export function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = unset
  let reject: (error: unknown) => void = unset
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  return { promise, resolve, reject }
}

/** What the two functions are until the promise's constructor has run, which is at once. */
function unset(): void {}
