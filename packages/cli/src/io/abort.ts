/**
 * Waiting that can be cut short.
 */

/**
 * Resolves as `promise` does, or with `undefined` as soon as `signal` aborts; `promise` itself goes on.
 * Rejects only if `promise` does before that.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) {
    promise.catch(ignoreLateFailure)
    return undefined
  }
  return await new Promise<T | undefined>((resolve, reject) => {
    const stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Nobody waits any more: whoever cut the waiting short has said why. */
function ignoreLateFailure(): void {}
