/**
 * Runs connections at the end of an event-loop turn, each once, none for ever.
 *
 * Everything that can wait until the sockets which are ready now have been read waits for here: the
 * acknowledgements of a turn leave in one message, and what several publishers appended in a turn
 * goes out as one run per subscription. One immediate serves all connections.
 *
 * A turn hands out at most `TURN_BYTES_MAX` of deliveries; connections that are left over come first
 * in the next turn, after the sockets had their say. So neither a fast subscriber nor many of them
 * keep the server from reading.
 *
 * Does not know what a task does; a task that wants another turn asks for it again.
 */

import type { Timers } from '../io/timers.js'

/** Something with work to do at the end of a turn. */
export interface TurnTask {
  /** Does a bounded piece of work and returns how many bytes it sent. May schedule itself again. */
  runTurn(): number
}

/** Bytes all connections together may send in one turn: a few milliseconds of copying into sockets. */
const TURN_BYTES_MAX = 8 * 1024 * 1024

/** The queue of tasks that asked for a turn, in the order in which they asked. */
export class TurnScheduler {
  readonly #timers: Timers
  /** Insertion order is the order of service; a task is in it at most once. */
  readonly #waiting = new Set<TurnTask>()
  #isTurnPending = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Asks for a turn; harmless to ask twice. */
  schedule(task: TurnTask): void {
    this.#waiting.add(task)
    this.#requestTurn()
  }

  /** Withdraws a request. */
  cancel(task: TurnTask): void {
    this.#waiting.delete(task)
  }

  #requestTurn(): void {
    if (this.#isTurnPending) return
    this.#isTurnPending = true
    this.#timers.atTurnEnd(this.#runTurn)
  }

  readonly #runTurn = (): void => {
    this.#isTurnPending = false
    // A task that asks again during the turn lines up behind the others and waits for the next one.
    let tasksLeft = this.#waiting.size
    let bytesLeft = TURN_BYTES_MAX
    for (const task of this.#waiting) {
      if (tasksLeft === 0 || bytesLeft <= 0) break
      tasksLeft -= 1
      this.#waiting.delete(task)
      bytesLeft -= task.runTurn()
    }
    if (this.#waiting.size > 0) this.#requestTurn()
  }
}
