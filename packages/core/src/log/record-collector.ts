/**
 * Joins what is appended in the same turn of the program: records that come one by one into one batch, and
 * batches into one write.
 *
 * A batch of one record costs a header of 72 bytes, two checksums and a commit: ten times what the record
 * costs in a batch of many. And the page cache takes 256 KiB at once a fifth faster than four times 64. So what
 * is appended waits for the next microtask, and what is appended before that goes with it. Nobody can tell:
 * whatever looks at the log, or changes it, has the collected records appended first, and no promise settles
 * before they are.
 *
 * One for all logs of a store, whose turns it takes: a collector holds memory, and there may be ten
 * thousand logs.
 *
 * Invariant: who waits for records hears of them after they were appended, or that they could not be.
 */
import { BatchBuilder } from '@tailrace/format'
import type { Clock } from '../io/clock.js'
import type { AppendResult, RecordInput } from './log-types.js'
import { bytesOf, encodeRecords } from './record-encoding.js'

/** Batches of about this size are no cheaper when they are larger. */
const COLLECTED_BYTES_MAX = 64 * 1024
/** Nor are writes of this size. Each batch lies in memory of its own until then. */
const WRITTEN_BYTES_MAX = 256 * 1024
const BATCHES_MAX = 4

/** Who waits for collected records. */
export interface CollectedWaiter {
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/** A batch, and who waits for its records. */
export interface CollectedBatch {
  readonly batch: Uint8Array
  /** In the order of their records. */
  readonly waiters: readonly CollectedWaiter[]
  /** How many records each of them waits for. */
  readonly recordsEach: number
}

/** The log that records are collected for. */
export interface CollectorTarget {
  /** True when a batch of this length can be appended now. */
  hasRoomFor(batchLength: number): boolean
  /** True when so many bytes of batches can be appended now to the same segment. */
  hasRoomInSegmentFor(length: number): boolean
  /** Appends the batches, whose bytes are used again afterwards, and sees to those who wait for their records. */
  appendCollected(batches: readonly CollectedBatch[]): void
}

/** Builds the batches of a store's logs from records. */
export class RecordCollector {
  readonly #clock: Clock
  /** For as many batches as may wait. */
  readonly #builders = Array.from({ length: BATCHES_MAX }, () => new BatchBuilder())
  /** The one behind those whose memory the waiting batches lie in. */
  #builder: BatchBuilder
  #target: CollectorTarget | undefined
  /** Built, in the memory of the first builders. */
  #batches: CollectedBatch[] = []
  #batchesLength = 0
  /** For the records that came one by one, in the builder behind those. */
  #waiters: CollectedWaiter[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#builder = this.#builderAt(0)
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
      if (batchLength > COLLECTED_BYTES_MAX) return false
    }
    if (this.#isJoined(target, batchLength)) return true
    this.flush()
    return target.hasRoomFor(batchLength)
  }

  /** Takes the record for which {@link canAdd} was true right now; its bytes are copied. */
  add(target: CollectorTarget, value: Uint8Array, waiter: CollectedWaiter): void {
    this.#begin(target)
    this.#builder.append(value)
    this.#waiters.push(waiter)
  }

  /**
   * Takes records that are a batch of their own; their bytes are copied. Returns the batch when there is no room
   * for it: it is not collected, and changes with the next call of any method.
   *
   * @throws as `encodeRecords`.
   */
  addBatch(
    target: CollectorTarget,
    records: RecordInput | readonly RecordInput[],
    waiter: CollectedWaiter,
  ): Uint8Array | undefined {
    if (this.#target !== target) this.flush()
    this.#endBatch()
    const batch = encodeRecords(this.#builder, records, this.#clock.nowUs())
    const recordsEach = 'value' in records ? 1 : records.length
    const isJoined = this.#isJoined(target, batch.length)
    if (!isJoined) this.flush()
    if (!isJoined && !target.hasRoomFor(batch.length)) return batch
    this.#begin(target)
    this.#push({ batch, waiters: [waiter], recordsEach })
    // It may lie in the memory of any builder now, and so is followed by none.
    if (!isJoined) this.flush()
    return undefined
  }

  /** Appends what is collected, if anything is. What cannot be is refused to those who wait, not here. */
  flush(): void {
    const target = this.#target
    if (target === undefined) return
    if (this.#waiters.length > 0) this.#push(this.#build())
    if (this.#target === target) this.#append(target)
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

  #builderAt(index: number): BatchBuilder {
    const builder = this.#builders[index]
    if (builder === undefined) throw new Error('more batches wait than there are builders for')
    return builder
  }

  /** Whether a batch goes with those that wait: segments are filled as if each were appended alone. */
  #isJoined(target: CollectorTarget, batchLength: number): boolean {
    if (this.#batchesLength === 0) return target.hasRoomFor(batchLength)
    return target.hasRoomInSegmentFor(this.#batchesLength + batchLength)
  }

  #begin(target: CollectorTarget): void {
    if (this.#target !== undefined) return
    this.#target = target
    queueMicrotask(this.#flushSoon)
  }

  /** Makes a batch of the records that came one by one. */
  #endBatch(): void {
    if (this.#waiters.length > 0) this.#push(this.#build())
  }

  #build(): CollectedBatch {
    const batch = this.#builder.buildShared({ createTimeUs: this.#clock.nowUs() })
    const waiters = this.#waiters
    this.#waiters = []
    return { batch, waiters, recordsEach: 1 }
  }

  #push(collected: CollectedBatch): void {
    this.#batches.push(collected)
    this.#batchesLength += collected.batch.length
    const isFull = this.#batches.length === BATCHES_MAX || this.#batchesLength >= WRITTEN_BYTES_MAX
    if (isFull && this.#target !== undefined) this.#append(this.#target)
    else this.#builder = this.#builderAt(this.#batches.length)
  }

  #append(target: CollectorTarget): void {
    const batches = this.#batches
    this.#target = undefined
    this.#batches = []
    this.#batchesLength = 0
    this.#builder = this.#builderAt(0)
    try {
      target.appendCollected(batches)
    } catch (error) {
      for (const { waiters } of batches) for (const { reject } of waiters) reject(error)
    }
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
