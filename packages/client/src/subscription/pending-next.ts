/**
 * The consumer's `next` that found nothing to take and waits.
 *
 * At most one waits: two would share the records between them, which nobody means.
 */

import { createDeferred } from '../util/deferred.js'

/** What an iterator gives when there is nothing more. */
export const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** What a second consumer is told. */
export function hasConsumer(): TypeError {
  return new TypeError(
    'a subscription has one consumer: next() or forEachBatch() was called while another one waits',
  )
}

interface Waiting {
  /** Takes what has come and settles the promise. */
  readonly take: () => void
  readonly finish: () => void
  readonly reject: (error: unknown) => void
}

/** A place for one that waits. */
export class PendingNext {
  #waiting: Waiting | undefined

  /** Whether somebody waits. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  /** Waits; `take` gives the item once there is one. Rejects with a TypeError if somebody waits already. */
  wait<Item>(
    take: () => IteratorResult<Item, undefined>,
  ): Promise<IteratorResult<Item, undefined>> {
    if (this.#waiting !== undefined) {
      return Promise.reject(hasConsumer())
    }
    const { promise, resolve, reject } = createDeferred<IteratorResult<Item, undefined>>()
    this.#waiting = {
      take: () => {
        try {
          resolve(take())
        } catch (error) {
          reject(error)
        }
      },
      finish: () => resolve(DONE),
      reject,
    }
    return promise
  }

  /** There is something to take. */
  take(): void {
    this.#leave()?.take()
  }

  /** There is nothing more. */
  finish(): void {
    this.#leave()?.finish()
  }

  /** There is an error. */
  reject(error: unknown): void {
    this.#leave()?.reject(error)
  }

  #leave(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }
}
