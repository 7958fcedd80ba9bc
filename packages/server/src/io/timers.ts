/**
 * The timers of the server: the only place that asks the event loop for "later".
 *
 * Comes in through the constructor of whatever waits, so that tests decide when a deadline passes.
 */

/** Ends a timer; harmless when it has fired already. */
export type CancelTimer = () => void

/** What the server asks of time. */
export interface Timers {
  /** Milliseconds from an arbitrary start that never go back. */
  nowMs(): number
  /** Calls `callback` once, `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): CancelTimer
  /** Calls `callback` every `periodMs`. Does not keep the process alive. */
  every(periodMs: number, callback: () => void): CancelTimer
  /** Calls `callback` once, when the sockets that are ready now have been served. */
  atTurnEnd(callback: () => void): void
}

/** The timers of Node. */
export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref()
    return () => clearTimeout(timer)
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs).unref()
    return () => clearInterval(timer)
  },
  atTurnEnd(callback) {
    setImmediate(callback)
  },
}
