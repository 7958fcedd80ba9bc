/**
 * The listeners of one event.
 *
 * A listener that throws must not stop the others, nor unwind through the state machine that was
 * telling them: its error is thrown again from a microtask, where the environment reports it as
 * uncaught, because it is the application's bug and nobody else's to handle.
 */

/** Takes a listener back; calling it again does nothing. */
export type Unlisten = () => void

/** Keeps listeners in the order they were added. */
export class Listeners<Event> {
  readonly #listeners = new Set<{ readonly call: (event: Event) => void }>()

  /** How many listeners there are. */
  get count(): number {
    return this.#listeners.size
  }

  /** Adds a listener; the same function added twice is called twice. */
  add(listener: (event: Event) => void): Unlisten {
    const entry = { call: listener }
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  /** Calls every listener with `event`. Never throws. */
  emit(event: Event): void {
    for (const listener of [...this.#listeners]) callListener(listener.call, event)
  }
}

/** Calls one listener; what it throws is reported as uncaught and goes no further. */
export function callListener<Event>(listener: (event: Event) => void, event: Event): void {
  try {
    listener(event)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
