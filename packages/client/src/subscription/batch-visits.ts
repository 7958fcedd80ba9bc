/**
 * Shows every batch of a subscription to a function, one at a time, in the turn in which it arrives.
 *
 * A batch is lent: its memory is the transport's again when the function has returned, or when what it returned
 * has resolved (docs/adr/0022). Nothing waits in between, so it costs neither a promise nor memory.
 */

import { createDeferred } from '../util/deferred.js'
import type { RecordBatch } from './record-batch.js'

/** Looks at a batch, which is lent to it: copy what is to outlive the call, or what the promise waits for. */
export type BatchVisitor<T> = (batch: RecordBatch<T>) => void | PromiseLike<void>

/** What the visits ask of their subscription. */
export interface BatchVisitEvents {
  /** The visitor is done with a batch that it took its time for: there is room for the next. */
  onReady(): void
  /** The visitor has thrown, or rejected: it wants no more. */
  onFailed(): void
}

/** One visitor of a subscription. */
export class BatchVisits<T> {
  readonly #visit: BatchVisitor<T>
  readonly #events: BatchVisitEvents
  readonly #ended = createDeferred<undefined>()
  #isBusy = false

  constructor(visit: BatchVisitor<T>, events: BatchVisitEvents) {
    this.#visit = visit
    this.#events = events
  }

  /** Whether the visitor is at a batch; it is not to be given another. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Resolves or rejects when there are no more visits. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Shows a batch. When the visitor is still busy after that, `onReady` or `onFailed` follows. */
  show(batch: RecordBatch<T>): void {
    this.#isBusy = true
    let visited: void | PromiseLike<void>
    try {
      visited = this.#visit(batch)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (visited === undefined) this.#isBusy = false
    else void this.#await(visited)
  }

  /** There are no more batches, because of an error or not. */
  end(error: unknown): void {
    if (error === undefined) this.#ended.resolve(undefined)
    else this.#ended.reject(error)
  }

  async #await(visited: PromiseLike<void>): Promise<void> {
    try {
      await visited
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#isBusy = false
    this.#events.onReady()
  }

  #fail(error: unknown): void {
    this.#ended.reject(error)
    this.#isBusy = false
    this.#events.onFailed()
  }
}
