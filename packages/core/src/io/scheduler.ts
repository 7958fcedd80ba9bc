/** Deferred work of the log. The only place of core that uses the event loop's timers. */

/** Deferral comes in through this interface, so that a simulation decides the order. */
export interface Scheduler {
  /** Runs `task` after the current turn of the event loop. */
  soon(task: () => void): void
  /** Runs `task` once after `delayMs`; the returned function cancels it. Never keeps a process alive. */
  after(delayMs: number, task: () => void): () => void
}

/** The event loop of Node. */
export function eventLoopScheduler(): Scheduler {
  return {
    soon(task) {
      setImmediate(task)
    },
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs)
      timer.unref()
      return () => {
        clearTimeout(timer)
      }
    },
  }
}
