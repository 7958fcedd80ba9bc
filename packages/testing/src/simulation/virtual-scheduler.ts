/**
 * A scheduler whose time stands still until a test moves it, and whose tasks run in a seeded order.
 *
 * The order in which concurrent work completes is part of the input of a simulation, like the seed.
 */
import type { Clock, Scheduler } from '@tailrace/core'
import type { Random } from '../random.js'

interface Timer {
  readonly dueMs: number
  readonly task: () => void
}

/** A scheduler and a clock that a test turns by hand. */
export class VirtualScheduler implements Scheduler, Clock {
  readonly #random: Random
  #tasks: (() => void)[] = []
  #timers: Timer[] = []
  #nowMs: number

  constructor(random: Random, startMs = Date.UTC(2026, 10, 20)) {
    this.#random = random
    this.#nowMs = startMs
  }

  nowUs(): number {
    return this.#nowMs * 1000
  }

  soon(task: () => void): void {
    this.#tasks.push(task)
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** A promise that resolves when the order of tasks comes to it: the end of some work elsewhere. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.soon(resolve)
    })
  }

  /** Moves time; timers that are due join the tasks. */
  advance(byMs: number): void {
    this.#nowMs += byMs
    const due = this.#timers.filter(({ dueMs }) => dueMs <= this.#nowMs)
    this.#timers = this.#timers.filter(({ dueMs }) => dueMs > this.#nowMs)
    for (const { task } of due) this.#tasks.push(task)
  }

  /** Runs tasks, and what follows from them, until there are none. */
  async settle(): Promise<void> {
    for (;;) {
      await microtasks()
      if (this.#tasks.length === 0) return
      const [task] = this.#tasks.splice(this.#random.below(this.#tasks.length), 1)
      task?.()
    }
  }

  /** Settles again and again until the promise has an outcome, moving time when nothing else is left. */
  async run<T>(work: Promise<T>, stepMs = 100): Promise<T> {
    const state = { isDone: false }
    const done = work.finally(() => {
      state.isDone = true
    })
    done.catch(() => undefined)
    while (!state.isDone) {
      await this.settle()
      if (this.#tasks.length === 0) this.advance(stepMs)
    }
    return done
  }
}

/** Lets every promise that can settle do so. */
async function microtasks(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}
