/** A scheduler whose tasks run when the test says so. */

import type { Scheduler } from '../../src/index.js'

interface Timer {
  readonly atMs: number
  readonly task: () => void
}

export class ManualScheduler implements Scheduler {
  #soon: (() => void)[] = []
  #timers: Timer[] = []
  #nowMs = 0

  /** Tasks that wait for the end of the turn. */
  get soonCount(): number {
    return this.#soon.length
  }

  /** Timers that are set. */
  get timerCount(): number {
    return this.#timers.length
  }

  soon(task: () => void): void {
    this.#soon.push(task)
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Ends the turn: runs what waits for it now, not what that adds. */
  endTurn(): void {
    const tasks = this.#soon
    this.#soon = []
    for (const task of tasks) task()
  }

  /** Lets time pass; timers that are due run in order of their time. */
  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs)
    for (const { task } of due.sort((left, right) => left.atMs - right.atMs)) task()
  }
}
