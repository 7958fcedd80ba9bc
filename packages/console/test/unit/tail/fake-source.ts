/**
 * A stream for tests of the reader: what arrives is what the test hands over, and what has been asked
 * for can be seen.
 */

import type { SubscribeOptions } from '@tailrace/client'

import type { BatchFields, BatchPart } from '../../../src/tail/delivered-batch.js'
import type { TailSource } from '../../../src/tail/tail-reader.js'

type Arrival = BatchPart | { readonly error: Error } | 'end'

/** One subscription to the fake stream. */
export class FakeSubscription {
  readonly options: SubscribeOptions
  /** How often a batch was asked for. */
  askedCount = 0
  isClosed = false
  readonly #startOffset: number | Error
  readonly #arrivals: Arrival[] = []
  #onArrival: (() => void) | undefined

  constructor(options: SubscribeOptions, startOffset: number | Error) {
    this.options = options
    this.#startOffset = startOffset
  }

  opened(): Promise<{ readonly startOffset: number }> {
    if (this.#startOffset instanceof Error) return Promise.reject(this.#startOffset)
    return Promise.resolve({ startOffset: this.#startOffset })
  }

  /** Hands over what comes next. */
  arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival)
    this.#onArrival?.()
  }

  async *batches(): AsyncGenerator<BatchPart, void, undefined> {
    while (!this.isClosed) {
      this.askedCount++
      while (this.#arrivals.length === 0) {
        await new Promise<void>((resolve) => {
          this.#onArrival = resolve
        })
        if (this.isClosed) return
      }
      const arrival = this.#arrivals.shift()
      if (arrival === undefined || arrival === 'end') return
      if ('error' in arrival) throw arrival.error
      yield arrival
    }
  }

  close(): Promise<void> {
    this.isClosed = true
    this.#onArrival?.()
    return Promise.resolve()
  }
}

/** A stream that keeps the subscriptions that were made. */
export class FakeSource implements TailSource {
  readonly subscriptions: FakeSubscription[] = []
  /** Where the next subscription begins, or why it cannot. */
  startOffset: number | Error = 0

  subscribe(options: SubscribeOptions): FakeSubscription {
    const made = new FakeSubscription(options, this.startOffset)
    this.subscriptions.push(made)
    return made
  }

  /** The last subscription that was made. */
  get latest(): FakeSubscription {
    const latest = this.subscriptions.at(-1)
    if (latest === undefined) throw new Error('nobody has subscribed')
    return latest
  }
}

/** Records `[start, end)` in one batch. */
export function part(start: number, end: number): BatchPart {
  const nothing = new Uint8Array()
  const view: BatchFields = {
    baseOffset: start,
    lastOffset: end - 1,
    recordCount: end - start,
    batchLength: (end - start) * 100,
    epoch: 1,
    appendTimeUs: 1,
    producerId: 0,
    producerEpoch: 0,
    baseSequence: 0,
    offset: (index) => start + index,
    timeUs: () => 1,
    value: () => nothing,
    key: () => undefined,
    headers: () => undefined,
  }
  return { view, firstIndex: 0, endIndex: end - start }
}
