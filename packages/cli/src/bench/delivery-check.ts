/**
 * Whether what was delivered is what should have been: every record, once, in order.
 *
 * Two checks, because two things can be known. Of the records of this run, each publisher's numbers; of
 * a stream that was there before, its offsets.
 */

import { type Gap, type RecordBatch, type SubscriptionStart } from '@tailrace/client'

import { nowMs } from '../io/wall-clock.js'
import { type BenchRecord } from './bench-record.js'
import { type Latencies } from './latencies.js'

/** Takes what a consumer is given, and counts. */
export interface DeliveryCheck {
  /** Records taken that count. */
  readonly recordCount: number
  /** Bytes of their values. */
  readonly bytes: number
  /** Records that came again, or after one that should have come later. */
  readonly repeatedCount: number
  /** Records that did not come although a later one did. */
  readonly missingCount: number
  take(batch: RecordBatch<BenchRecord>): void
  /** These records are gone, and the server has said so. */
  skip(gap: Gap): void
  /**
   * Everything has come that will: counts as missing what was still due. `acknowledgedCounts` are the
   * records of this run, of each publisher.
   */
  finish(acknowledgedCounts: readonly number[]): void
}

/** Checks the offsets: each record's is one above that of the one before. */
export class OffsetCheck implements DeliveryCheck {
  recordCount = 0
  bytes = 0
  repeatedCount = 0
  missingCount = 0
  #nextOffset: number
  readonly #stopOffset: number | null

  constructor({ startOffset, stopOffset }: SubscriptionStart) {
    this.#nextOffset = startOffset
    this.#stopOffset = stopOffset
  }

  /** They are not missing: the result lists them as gone. */
  skip({ from, to }: Gap): void {
    if (from === this.#nextOffset) this.#nextOffset = to
  }

  finish(): void {
    this.missingCount += Math.max(0, (this.#stopOffset ?? 0) - this.#nextOffset)
  }

  take(batch: RecordBatch<BenchRecord>): void {
    for (let index = batch.firstIndex; index < batch.endIndex; index += 1) {
      const offset = batch.offset(index)
      if (offset < this.#nextOffset) this.repeatedCount += 1
      else {
        this.missingCount += offset - this.#nextOffset
        this.#nextOffset = offset + 1
      }
      this.recordCount += 1
      this.bytes += batch.value(index).sizeBytes
    }
  }
}

/** What is known of the records of a run. */
export interface RunCheckOptions {
  readonly runId: number
  readonly publishers: number
  /** Where it records how soon records are delivered. */
  readonly latencies: Latencies
}

/** Checks the numbers of each publisher, and measures the time from sent to here. */
export class RunCheck implements DeliveryCheck {
  recordCount = 0
  bytes = 0
  repeatedCount = 0
  missingCount = 0
  readonly #runId: number
  readonly #nextNumbers: Float64Array
  readonly #latencies: Latencies

  constructor({ runId, publishers, latencies }: RunCheckOptions) {
    this.#runId = runId
    this.#nextNumbers = new Float64Array(publishers)
    this.#latencies = latencies
  }

  /** Records of other runs and other publishers to the stream do not count. */
  take(batch: RecordBatch<BenchRecord>): void {
    // The records of a batch arrive together; those that were sent together have one latency.
    const now = nowMs()
    let sentMs = 0
    let count = 0
    for (let index = batch.firstIndex; index < batch.endIndex; index += 1) {
      const record = batch.value(index)
      if (record.runId !== this.#runId || !(record.publisher < this.#nextNumbers.length)) continue
      this.#check(record)
      if (record.timeMs !== sentMs && count > 0) {
        this.#latencies.record(now - sentMs, count)
        count = 0
      }
      sentMs = record.timeMs
      count += 1
    }
    if (count > 0) this.#latencies.record(now - sentMs, count)
  }

  /** What is gone has no number by which it could be told whose it was: `finish` counts it. */
  skip(): void {}

  finish(acknowledgedCounts: readonly number[]): void {
    for (const [publisher, count] of acknowledgedCounts.entries()) {
      this.missingCount += Math.max(0, count - (this.#nextNumbers[publisher] ?? 0))
    }
  }

  #check({ publisher, number, sizeBytes }: BenchRecord): void {
    const next = this.#nextNumbers[publisher] ?? 0
    if (number < next) this.repeatedCount += 1
    else {
      this.missingCount += number - next
      this.#nextNumbers[publisher] = number + 1
    }
    this.recordCount += 1
    this.bytes += sizeBytes
  }
}
