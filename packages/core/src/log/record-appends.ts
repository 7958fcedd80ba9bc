/** Appends of records: joined with others where they may be, else on their own. */
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
      if (this.#queue.isWaiting || options.expectedOffset !== undefined) {
        return this.#queue.append(this.#collector.encode(records), options)
      }
      this.#target.assertWritable()
      return this.#collect(records)
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  #collect(records: RecordInput | readonly RecordInput[]): Promise<AppendResult> {
    const value = plainValue(records)
    if (value === undefined || !this.#collector.canAdd(this.#target, value.length)) {
      return this.#collectBatch(records)
    }
    return new Promise((resolve, reject) => {
      this.#collector.add(this.#target, value, { resolve, reject })
    })
  }

  #collectBatch(records: RecordInput | readonly RecordInput[]): Promise<AppendResult> {
    let waitsForRoom: Uint8Array | undefined
    const collected = new Promise<AppendResult>((resolve, reject) => {
      waitsForRoom = this.#collector.addBatch(this.#target, records, { resolve, reject })
    })
    return waitsForRoom === undefined ? collected : this.#queue.append(waitsForRoom, {})
  }
}
