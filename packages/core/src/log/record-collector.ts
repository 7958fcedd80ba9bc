/**
 * Joins records that are appended one by one in the same turn of the program into one batch.
 *
 * A batch of one record costs a header of 72 bytes, two checksums and a commit: ten times what the record
 * costs in a batch of many. So a record that is appended alone waits for the next microtask, and those that
 * are appended before that go with it. Nobody can tell: whatever looks at the log, or changes it, has the
 * collected records appended first, and no promise settles before they are.
 *
 * One for all logs of a store, whose turns it takes: a collector holds memory, and there may be ten
 * thousand logs.
 *
 * Invariant: who waits for a record hears of it after it was appended, or that it could not be.
 */
import type { BatchBuilder } from '@tailrace/format'
import type { Clock } from '../io/clock.js'
import type { AppendResult, RecordInput } from './log-types.js'
import { bytesOf, encodeRecords } from './record-encoding.js'

/** Batches of about this size are no cheaper when they are larger. */
const COLLECTED_BYTES_MAX = 64 * 1024

/** Who waits for a collected record. */
export interface CollectedWaiter {
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/** The log that records are collected for. */
export interface CollectorTarget {
  /** True when a batch of this length can be appended now. */
  hasRoomFor(batchLength: number): boolean
  /** Appends the batch, whose bytes are used again afterwards, and sees to those who wait for its records. */
  appendCollected(batch: Uint8Array, waiters: readonly CollectedWaiter[]): void
}

/** Builds the batches of a store's logs from records. */
export class RecordCollector {
  readonly #builder: BatchBuilder
  readonly #clock: Clock
  #target: CollectorTarget | undefined
  #waiters: CollectedWaiter[] = []

  constructor(builder: BatchBuilder, clock: Clock) {
    this.#builder = builder
    this.#clock = clock
  }

  /**
   * True when a record that is nothing but a value of this length can be collected for `target` now; false
   * when it has to be appended by itself, because it is large or because there is no room.
   */
  canAdd(target: CollectorTarget, valueLength: number): boolean {
    if (this.#target !== target) this.flush()
    let batchLength = this.#builder.sizeWith(valueLength)
    if (batchLength > COLLECTED_BYTES_MAX) {
      this.flush()
      batchLength = this.#builder.sizeWith(valueLength)
    }
    return batchLength <= COLLECTED_BYTES_MAX && target.hasRoomFor(batchLength)
  }

  /** Takes the record for which {@link canAdd} was true right now; its bytes are copied. */
  add(target: CollectorTarget, value: Uint8Array, waiter: CollectedWaiter): void {
    if (this.#target === undefined) {
      this.#target = target
      queueMicrotask(this.#flushSoon)
    }
    this.#builder.append(value)
    this.#waiters.push(waiter)
  }

  /** Appends what is collected, if anything is. What cannot be is refused to those who wait, not here. */
  flush(): void {
    const target = this.#target
    if (target === undefined) return
    const waiters = this.#waiters
    this.#target = undefined
    this.#waiters = []
    try {
      const batch = this.#builder.buildShared({ createTimeUs: this.#clock.nowUs() })
      target.appendCollected(batch, waiters)
    } catch (error) {
      for (const { reject } of waiters) reject(error)
    }
  }

  /**
   * Encodes records as one batch, after what is collected was appended. The batch changes with the next
   * call of any method.
   *
   * @throws as `encodeRecords`.
   */
  encode(records: RecordInput | readonly RecordInput[]): Uint8Array {
    this.flush()
    return encodeRecords(this.#builder, records, this.#clock.nowUs())
  }

  readonly #flushSoon = (): void => this.flush()
}

/** The value of a record that has nothing else; undefined for any other. */
export function plainValue(records: RecordInput | readonly RecordInput[]): Uint8Array | undefined {
  if (!('value' in records)) return undefined
  const { value, key, headers, timeUs } = records
  if (key !== undefined || headers !== undefined || timeUs !== undefined) return undefined
  return bytesOf(value)
}
