/** Appends of records: joined with others where they may be, else as a batch of their own. */
import type { AppendQueue } from './append-queue.js'
import type { AppendOptions, AppendResult, RecordInput } from './log-types.js'
import { plainValue } from './record-collector.js'
import type { CollectorTarget, RecordCollector } from './record-collector.js'
import { toError } from './to-error.js'

/** What is asked of the log. */
export interface RecordTarget extends CollectorTarget {
  /** Passes while records can be appended. */
  assertWritable(): void
  /** Where the log ends, without what is collected. */
  readonly endOffset: () => number
}

/** The way of records into one log. */
export class RecordAppends {
  readonly #target: RecordTarget
  readonly #queue: AppendQueue
  readonly #collector: RecordCollector

  constructor(target: RecordTarget, queue: AppendQueue, collector: RecordCollector) {
    this.#target = target
    this.#queue = queue
    this.#collector = collector
  }

  /** Appends the records, which may change once this returns; rejects as `Log.append` does. */
  append(
    records: RecordInput | readonly RecordInput[],
    options: AppendOptions,
  ): Promise<AppendResult> {
    try {
      const collected = this.#collect(records, options)
      if (collected !== undefined) return this.#queue.whenMet(collected)
      return this.#queue.append(this.#collector.encode(records), options)
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  /** Undefined when the records have to be a batch of their own, or have to wait. */
  #collect(
    records: RecordInput | readonly RecordInput[],
    { expectedOffset }: AppendOptions,
  ): AppendResult | undefined {
    if (this.#queue.isWaiting || expectedOffset !== undefined) return undefined
    const value = plainValue(records)
    if (value === undefined) return undefined
    const target = this.#target
    target.assertWritable()
    const place = this.#collector.add(target, value)
    if (place < 0) return undefined
    const baseOffset = target.endOffset() + place
    return { baseOffset, endOffset: baseOffset + 1, isDuplicate: false }
  }
}
