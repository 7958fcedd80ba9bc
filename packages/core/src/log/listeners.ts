/** Who wants to hear of a change, and when they are told. */
import type { Scheduler } from '../io/scheduler.js'

/** Callbacks on a change of the log. A listener may come or go while others are being called. */
export class Listeners {
  readonly #listeners = new Set<() => void>()
  #isScheduled = false

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

  /** Calls all of them at the end of the turn; once, however often it is asked for. */
  notifySoon(scheduler: Scheduler): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    scheduler.soon(() => {
      this.#isScheduled = false
      this.notify()
    })
  }

  /** Calls all that were there at the start of the call. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
