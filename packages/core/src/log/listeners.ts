/** Callbacks on a change of the log. A listener may come or go while others are being called. */
export class Listeners {
  readonly #listeners = new Set<() => void>()

  /** Adds a listener; the returned function takes it away, any number of times. */
  add(listener: () => void): () => void {
    // A wrapper per call, so that the same function added twice is called and removed twice.
    const entry = (): void => {
      listener()
    }
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  /** Calls all that were there at the start of the call. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
