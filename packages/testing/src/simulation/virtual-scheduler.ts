/**
 * A scheduler whose time stands still until a test moves it, and whose tasks run in a seeded order.
 *
 * The order in which concurrent work completes is part of the input of a simulation, like the seed.
 */
import type { Clock, Scheduler } from '@tailrace/core'
import type { Random } from '../random.js'

const START_MS = Date.UTC(2026, 10, 20)

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
  #isStopped = false
  readonly #held: () => Promise<unknown> | undefined

  /** @param held - what the work waits for that is no part of it: time stands still, no task begins. */
  constructor(random: Random, held: () => Promise<unknown> | undefined = () => undefined) {
    this.#random = random
    this.#held = held
    this.#nowMs = START_MS
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
      await this.#quiet()
      if (this.#tasks.length === 0) return
      const [task] = this.#tasks.splice(this.#random.below(this.#tasks.length), 1)
      task?.()
    }
  }

  /** Runs at most so many tasks, with what follows from each of them at once. */
  async runSome(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      await this.#quiet()
      const [task] = this.#tasks.splice(this.#random.below(this.#tasks.length), 1)
      task?.()
    }
    await this.#quiet()
  }

  /** Settles again and again until the promise has an outcome, moving time when nothing else is left. */
  async run<T>(work: Promise<T>, stepMs = 100): Promise<T> {
    const state = { isDone: false }
    const done = work.finally(() => {
      state.isDone = true
    })
    done.catch(() => undefined)
    while (!state.isDone && !this.#isStopped) {
      await this.settle()
      if (this.#tasks.length === 0) this.advance(stepMs)
    }
    return done
  }

  /** The process was killed: time stands still for whoever still waits in it, and goes on nowhere. */
  stop(): void {
    this.#isStopped = true
  }

  /** Resolves when nothing goes on by itself any more. */
  async #quiet(): Promise<void> {
    for (;;) {
      await microtasks()
      const held = this.#held()
      if (held === undefined) return
      await held
    }
  }
}

/** Lets every promise that can settle do so. */
async function microtasks(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}
