/**
 * A clock that a test turns by hand.
 *
 * Timers fire in the order of their times, within `advance`; nothing happens by itself.
 */

import type { Clock, Timer } from '../../src/io/clock.js'

interface Entry {
  readonly dueMs: number
  readonly callback: () => void
}

export class FakeClock implements Clock {
  #nowMs = 0
  readonly #timers = new Set<Entry>()

  /** How many timers are set. */
  get timerCount(): number {
    return this.#timers.size
  }

  nowUs(): number {
    return 1_700_000_000_000_000 + this.#nowMs * 1000
  }

  elapsedMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.add(entry)
    return { cancel: () => this.#timers.delete(entry) }
  }

  /** Lets time pass; what becomes due is called at its time. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs
    let next = this.#nextDue(endMs)
    while (next !== undefined) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#timers.delete(next)
      next.callback()
      next = this.#nextDue(endMs)
    }
    this.#nowMs = endMs
  }

  /** Lets time pass without calling anything, as when a machine sleeps; `advance(0)` then catches up. */
  sleep(durationMs: number): void {
    this.#nowMs += durationMs
  }

  #nextDue(endMs: number): Entry | undefined {
    let next: Entry | undefined
    for (const entry of this.#timers) {
      if (entry.dueMs <= endMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry
    }
    return next
  }
}
