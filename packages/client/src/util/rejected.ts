/** A promise that has failed. */

/** Rejects with what was caught, whatever it is; `Promise.reject` is for errors one makes oneself. */
export async function rejected(error: unknown): Promise<never> {
  throw error
}
