/**
 * A batch as the client delivers it, in the form in which the page keeps it.
 */

import type { BatchFacts, KeptBatch } from './kept-batch.js'

/** What is read of a stored batch; the client's `BatchView` is one. */
export interface BatchFields {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly batchLength: number
  readonly epoch: number
  readonly appendTimeUs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  offset(index: number): number
  timeUs(index: number): number
  value(index: number): Uint8Array
  key(index: number): Uint8Array | undefined
  headers(index: number): Uint8Array | undefined
}

/** The records of a stored batch that are delivered; the client's `RecordBatch` is one. */
export interface BatchPart {
  readonly view: BatchFields
  readonly firstIndex: number
  /** Exclusive. */
  readonly endIndex: number
}

/**
 * Keeps a delivered batch. It stays where it was received: what is held is the message it came in,
 * which holds its neighbours too, so memory beyond the batches themselves is at most one message.
 */
export class DeliveredBatch implements KeptBatch {
  readonly facts: BatchFacts
  readonly #view: BatchFields

  constructor({ view }: BatchPart) {
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
