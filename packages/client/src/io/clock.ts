/**
 * Time and timers, as the client sees them.
 *
 * A port, so that every state machine can be tested with a clock that a test turns by hand. The one
 * real implementation is here because `io/` is the only place where the real clock may be read.
 */

/** A timer that has been set. Cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void
}

/** Where the client takes the time from. */
export interface Clock {
  /** Microseconds since 1970, for stamping records. May jump when the machine's time is set. */
  nowUs(): number
  /** Milliseconds from an arbitrary start that never go back, for measuring how long things take. */
  elapsedMs(): number
  /** Calls `callback` once, `delayMs` from now or later. */
  after(delayMs: number, callback: () => void): Timer
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowUs: () => Date.now() * 1000,
  elapsedMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return {
      cancel: () => {
        clearTimeout(timer)
      },
    }
  },
}
