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
      if (collected !== undefined) return collected
      return this.#queue.append(this.#collector.encode(records), options)
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  /** Undefined when the records have to be a batch of their own, or have to wait. */
  #collect(
    records: RecordInput | readonly RecordInput[],
    { expectedOffset }: AppendOptions,
  ): Promise<AppendResult> | undefined {
    if (this.#queue.isWaiting || expectedOffset !== undefined) return undefined
    const value = plainValue(records)
    if (value === undefined) return undefined
    this.#target.assertWritable()
    if (!this.#collector.canAdd(this.#target, value.length)) return undefined
    return new Promise((resolve, reject) => {
      this.#collector.add(this.#target, value, { resolve, reject })
    })
  }
}
