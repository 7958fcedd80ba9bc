/**
 * Who waits until how many records are acknowledged.
 */

import type { TailraceError } from '@tailrace/format'

import { createDeferred, type Deferred } from '../util/deferred.js'

interface FlushWaiter extends Deferred<undefined> {
  readonly targetCount: number
}

/** A queue of waiters; targets never decrease, because records are taken in order. */
export class FlushWaiters {
  #waiters: FlushWaiter[] = []

  /** How many wait. */
  get count(): number {
    return this.#waiters.length
  }

  /** Resolves once `targetCount` records of the producer's life are acknowledged. */
  async add(targetCount: number): Promise<void> {
    const waiter = { ...createDeferred<undefined>(), targetCount }
    this.#waiters.push(waiter)
    await waiter.promise
  }

  /** `acknowledgedCount` records are acknowledged. */
  resolveThrough(acknowledgedCount: number): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].targetCount <= acknowledgedCount) {
      this.#waiters.shift()?.resolve(undefined)
    }
  }

  /** Nothing more will be acknowledged. */
  rejectAll(error: TailraceError): void {
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters = []
  }
}
