/** Deferred work of the log. The only place of core that uses the event loop's timers. */

/** Deferral comes in through this interface, so that a simulation decides the order. */
export interface Scheduler {
  /** Runs `task` after the current turn of the event loop. */
  soon(task: () => void): void
  /**
   * Runs `task` once after `delayMs`; the returned function cancels it. Keeps a process alive only if the
   * options say so: the caller then has somebody who waits for the outcome.
   */
  after(delayMs: number, task: () => void, options?: DelayOptions): () => void
}

/** How a delayed task counts. */
export interface DelayOptions {
  /** Default false. */
  readonly keepsProcessAlive?: boolean
}

/** The event loop of Node. */
export function eventLoopScheduler(): Scheduler {
  return {
    soon(task) {
      setImmediate(task)
    },
    after(delayMs, task, { keepsProcessAlive = false } = {}) {
      const timer = setTimeout(task, delayMs)
      if (!keepsProcessAlive) timer.unref()
      return () => {
        clearTimeout(timer)
      }
    },
  }
}
