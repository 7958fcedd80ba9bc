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
 * Invariant: there is room in the log for what is collected, so that appending it cannot fail.
 */
import type { BatchBuilder } from '@tailrace/format'
import type { Clock } from '../io/clock.js'
import type { RecordInput } from './log-types.js'
import { bytesOf, encodeRecords } from './record-encoding.js'

/** Batches of about this size are no cheaper when they are larger. */
const COLLECTED_BYTES_MAX = 64 * 1024

/** The log that records are collected for. */
export interface CollectorTarget {
  /** True when a batch of this length can be appended now. */
  hasRoomFor(batchLength: number): boolean
  /** Appends the batch; its bytes are used again afterwards. */
  appendCollected(batch: Uint8Array): void
}

/** Builds the batches of a store's logs from records. */
export class RecordCollector {
  readonly #builder: BatchBuilder
  readonly #clock: Clock
  #target: CollectorTarget | undefined

  constructor(builder: BatchBuilder, clock: Clock) {
    this.#builder = builder
    this.#clock = clock
  }

  /**
   * Takes a record that is nothing but a value, for the end of `target`. Returns its place among the
   * collected ones, from 0, or −1 when it has to be appended by itself: it is large, or there is no room.
   */
  add(target: CollectorTarget, value: Uint8Array): number {
    if (this.#target !== target) this.flush()
    if (this.#builder.sizeWith(value.length) > COLLECTED_BYTES_MAX) this.flush()
    const batchLength = this.#builder.sizeWith(value.length)
    if (batchLength > COLLECTED_BYTES_MAX || !target.hasRoomFor(batchLength)) return -1
    if (this.#target === undefined) {
      this.#target = target
      queueMicrotask(this.#flushSoon)
    }
    this.#builder.append(value)
    return this.#builder.recordCount - 1
  }

  /** Appends what is collected, if anything is. */
  flush(): void {
    const target = this.#target
    if (target === undefined) return
    this.#target = undefined
    target.appendCollected(this.#builder.buildShared({ createTimeUs: this.#clock.nowUs() }))
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
