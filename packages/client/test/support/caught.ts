/** The error with which a promise rejects; attached at once, so that nothing is ever unhandled. */
export function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}, should have rejected`)
    },
    (error: unknown) => error,
  )
}
