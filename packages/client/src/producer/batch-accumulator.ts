/**
 * The batch that is being filled: records go straight into a `BatchBuilder`.
 *
 * Knows when a batch is full, not when it is due: that is the producer's to say. The time of a batch
 * is that of its first record, so that a batch which waits for a connection stays buildable however
 * long that takes.
 */

import {
  BATCH_ALIGNMENT_BYTES,
  BatchBuilder,
  COLUMN_ENTRY_BYTES,
  RequestError,
  type AllocateBytes,
  type ProducerStamp,
  type RecordOptions,
} from '@tailrace/format'
import { FRAME_PREFIX_BYTES } from '@tailrace/protocol'

import type { EncodedRange } from '../codecs/codec.js'
import type { Clock } from '../io/clock.js'
import type { OutgoingBatch } from './outbox.js'
import { PublishWaiters } from './publish-waiters.js'

/** When a batch is full. */
export interface BatchLimits {
  /** Bytes of a batch; a record that is larger alone gets a batch of its own. */
  readonly batchBytesMax: number
  readonly batchRecordsMax: number
}

/** Collects records and seals them into batches. */
export class BatchAccumulator {
  readonly #builder: BatchBuilder
  readonly #limits: BatchLimits
  readonly #clock: Clock
  #createTimeUs = 0
  #hasTimes = false
  #waiters: PublishWaiters | undefined
  /** Bytes that are certainly left for records which have nothing but a value (0: it is not certain). */
  #plainRoom = 0
  /** Whether the records collected are nothing but values. */
  #isPlain = false

  /** `allocate` gives the memory of batches; fresh memory unless given. */
  constructor(limits: BatchLimits, clock: Clock, allocate?: AllocateBytes) {
    this.#limits = limits
    this.#clock = clock
    this.#builder = new BatchBuilder({
      capacityBytes: limits.batchBytesMax,
      allocate,
    })
  }

  /** Records collected. */
  get recordCount(): number {
    return this.#builder.recordCount
  }

  /** Bytes of the batch if it were sealed now; 0 when empty. */
  get sizeBytes(): number {
    return this.#builder.recordCount === 0 ? 0 : this.#builder.sizeBytes
  }

  /** Whether nothing more should be added. */
  get isFull(): boolean {
    return (
      this.#builder.recordCount >= this.#limits.batchRecordsMax ||
      this.#builder.sizeBytes >= this.#limits.batchBytesMax
    )
  }

  /** Whether a record fits beside those that are there. An empty accumulator takes any. */
  fits(valueBytes: number, options: RecordOptions | undefined): boolean {
    if (this.#builder.recordCount === 0) return true
    const size = this.#sizeWith(valueBytes, options)
    if (size > this.#limits.batchBytesMax) return false
    if (!this.#hasTimes && options?.timeUs === undefined) return true
    return this.#builder.fitsTime(options?.timeUs, this.#createTimeUs)
  }

  /**
   * Adds a record that is nothing but a value, if the batch has been begun, consists of such records and
   * is not full then either; false when that is not certain. The short way of most records.
   */
  appendPlain({ bytes, start, end }: EncodedRange): boolean {
    const room = this.#plainRoom - (end - start) - COLUMN_ENTRY_BYTES
    if (room < 0 || this.#builder.recordCount + 1 >= this.#limits.batchRecordsMax) return false
    this.#builder.appendRange(bytes, start, end)
    this.#plainRoom = room
    return true
  }

  /**
   * Adds a record, whose bytes are copied.
   *
   * @throws {RequestError} BATCH_TOO_LARGE when the record alone makes a batch above `batchBytesMax`.
   * @throws {RangeError} `options.timeUs` is not a whole number of microseconds since 1970.
   */
  append(value: EncodedRange, options: RecordOptions | undefined, batchBytesMax: number): void {
    const isFirst = this.#builder.recordCount === 0
    if (isFirst) this.#checkAlone(this.#sizeWith(value.end - value.start, options), batchBytesMax)
    if (options === undefined) {
      this.#builder.appendRange(value.bytes, value.start, value.end)
    } else {
      this.#builder.append(value.bytes.subarray(value.start, value.end), options)
      this.#hasTimes ||= options.timeUs !== undefined
    }
    if (isFirst) this.#createTimeUs = this.#clock.nowUs()
    this.#isPlain = options === undefined && (isFirst || this.#isPlain)
    const room = this.#limits.batchBytesMax - this.#builder.sizeBytes - BATCH_ALIGNMENT_BYTES
    this.#plainRoom = this.#isPlain ? Math.max(0, room) : 0
  }

  /** Has the next record go the long way, because it has consequences beyond the batch. */
  closeShortWay(): void {
    this.#plainRoom = 0
  }

  /** Makes the promise of the offset of the record that was added last. */
  waitForLast(): Promise<number> {
    this.#waiters ??= new PublishWaiters()
    return this.#waiters.add(this.#builder.recordCount - 1)
  }

  /** Makes a batch of what is there, at least one record, and begins the next. */
  seal(producer: ProducerStamp): OutgoingBatch {
    const recordCount = this.#builder.recordCount
    const { producerId, producerEpoch, baseSequence } = producer
    const frame = this.#builder.build({
      producerId,
      producerEpoch,
      baseSequence,
      createTimeUs: this.#createTimeUs,
      prefixBytes: FRAME_PREFIX_BYTES,
    })
    const waiters = this.#takeWaiters()
    this.#hasTimes = false
    this.#plainRoom = 0
    return { frame, recordCount, baseSequence, waiters }
  }

  /** Drops what is there; returns who waits for it. */
  discard(): PublishWaiters | undefined {
    this.#builder.clear()
    this.#hasTimes = false
    this.#plainRoom = 0
    return this.#takeWaiters()
  }

  #takeWaiters(): PublishWaiters | undefined {
    const waiters = this.#waiters
    this.#waiters = undefined
    return waiters
  }

  #sizeWith(valueBytes: number, options: RecordOptions | undefined): number {
    if (options === undefined) return this.#builder.sizeWith(valueBytes)
    const { key, headers, timeUs } = options
    const timeBytes = timeUs === undefined || this.#hasTimes ? 0 : this.#timesColumnBytes()
    return this.#builder.sizeWith(valueBytes, key?.length, headers?.length) + timeBytes
  }

  /** What a first record with a time adds: a column for all records, rounded up. */
  #timesColumnBytes(): number {
    return (this.#builder.recordCount + 2) * COLUMN_ENTRY_BYTES
  }

  #checkAlone(batchLength: number, batchLengthMax: number): void {
    if (batchLength <= batchLengthMax) return
    throw new RequestError(
      'BATCH_TOO_LARGE',
      `record makes a batch of ${batchLength} bytes, must be at most ${batchLengthMax}`,
      { details: { batchLength, batchLengthMax } },
    )
  }
}
