/**
 * A batch as the client delivers it, in the form in which the page keeps it.
 */

import type { RecordBatch } from '@tailrace/client'

import type { BatchFacts, KeptBatch } from './kept-batch.js'

/**
 * Keeps a delivered batch. It stays where it was received: what is held is the message it came in,
 * which holds its neighbours too, so memory beyond the batches themselves is at most one message.
 */
export class DeliveredBatch implements KeptBatch {
  readonly facts: BatchFacts
  readonly #view: RecordBatch<Uint8Array>['view']

  constructor({ view }: RecordBatch<Uint8Array>) {
    this.#view = view
    this.facts = {
      baseOffset: view.baseOffset,
      lastOffset: view.lastOffset,
      recordCount: view.recordCount,
      sizeBytes: view.batchLength,
      epoch: view.epoch,
      appendTimeUs: view.appendTimeUs,
      producerId: view.producerId,
      producerEpoch: view.producerEpoch,
      baseSequence: view.baseSequence,
    }
  }

  offset(index: number): number {
    return this.#view.offset(index)
  }

  timeUs(index: number): number {
    return this.#view.timeUs(index)
  }

  value(index: number): Uint8Array {
    return this.#view.value(index)
  }

  key(index: number): Uint8Array | undefined {
    return this.#view.key(index)
  }

  headers(index: number): Uint8Array | undefined {
    return this.#view.headers(index)
  }
}
