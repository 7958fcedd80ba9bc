/** Timers that fire when a test says so. The end of a turn, and how long it took, stay Node's. */

import { systemTimers, type CancelTimer, type Timers } from '../../src/io/timers.js'

interface Pending {
  readonly callback: () => void
  readonly periodMs: number | undefined
  dueMs: number
}

/** A clock that a test moves. */
export class ManualTimers implements Timers {
  readonly #pending = new Set<Pending>()
  #nowMs = 0

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#add({ callback, periodMs: undefined, dueMs: this.#nowMs + delayMs })
  }

  every(periodMs: number, callback: () => void): CancelTimer {
    return this.#add({ callback, periodMs, dueMs: this.#nowMs + periodMs })
  }

  nowMs(): number {
    return systemTimers.nowMs()
  }

  atTurnEnd(callback: () => void): void {
    systemTimers.atTurnEnd(callback)
  }

  /** Moves the clock, firing what becomes due, in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const due = [...this.#pending].filter((timer) => timer.dueMs <= endMs)
      const [first] = due.sort((a, b) => a.dueMs - b.dueMs)
      if (first === undefined) break
      this.#nowMs = first.dueMs
      if (first.periodMs === undefined) this.#pending.delete(first)
      else first.dueMs += first.periodMs
      first.callback()
    }
    this.#nowMs = endMs
  }

  #add(timer: Pending): CancelTimer {
    this.#pending.add(timer)
    return () => this.#pending.delete(timer)
  }
}
