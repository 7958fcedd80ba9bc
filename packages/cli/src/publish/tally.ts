/**
 * What a publish has done so far, for the progress bar, the summary and the messages about its end.
 */

/** The part of a producer that counts. */
export interface CountingProducer {
  readonly acknowledgedCount: number
  readonly lastOffset: number
}

/** Counts of one publish. */
export class Tally {
  /** Bytes of input read. */
  inputBytes = 0
  /** Records found in the input, those that were skipped included. */
  recordCount = 0
  /** Bytes of the values that were sent. */
  sentBytes = 0
  /** Offset of the first record that was acknowledged, undefined before, or when it is not known. */
  firstOffset: number | undefined
  /** Records that an earlier run had stored. */
  readonly skippedCount: number
  readonly #producer: CountingProducer
  readonly #startMs = performance.now()

  constructor(producer: CountingProducer, skippedCount: number) {
    this.#producer = producer
    this.skippedCount = skippedCount
  }

  /** Records of this run that the server has acknowledged. */
  get acknowledgedCount(): number {
    return this.#producer.acknowledgedCount
  }

  /** The last record of the input, from 1, up to which all is stored: in line mode a line's number. */
  get acknowledgedThrough(): number {
    return Math.min(this.skippedCount, this.recordCount) + this.acknowledgedCount
  }

  /** Records sent and not acknowledged. */
  get pendingCount(): number {
    return this.recordCount - this.acknowledgedThrough
  }

  /** Offset of the last record acknowledged, undefined before the first. */
  get lastOffset(): number | undefined {
    return this.#producer.lastOffset < 0 ? undefined : this.#producer.lastOffset
  }

  /** Seconds since the publish began. */
  elapsedSeconds(): number {
    return (performance.now() - this.#startMs) / 1000
  }
}
