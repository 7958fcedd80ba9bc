/**
 * The part of a delivered batch that the page keeps, and how it is kept.
 *
 * Rows are not copied out of batches: the page keeps a batch's bytes and looks at a record when it
 * comes into view. That is what makes a stream of a million records a second no more work than one
 * of a hundred: only what is drawn is looked at.
 */

/** What is told of a batch beside its records. */
export interface BatchFacts {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly sizeBytes: number
  readonly epoch: number
  readonly appendTimeUs: number
  /** 0 when the producer had no identity. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** A batch whose bytes stay valid for as long as it is held. Indexes count all of its records. */
export interface KeptBatch {
  readonly facts: BatchFacts
  offset(index: number): number
  /** When the producer made the record, in microseconds. */
  timeUs(index: number): number
  /** A view; the caller must not change it. */
  value(index: number): Uint8Array
  /** A view, or undefined where the record has no key. */
  key(index: number): Uint8Array | undefined
  /** The headers' own bytes, or undefined where the record has none. */
  headers(index: number): Uint8Array | undefined
}
