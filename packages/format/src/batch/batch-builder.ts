/**
 * Collects records and builds batches of them.
 *
 * Apart from `BatchView` because writing needs growing buffers and reading needs none. A value is copied
 * once, to where it lies in the batch (`BatchMemory`); the columns, and keys and headers, are collected in
 * their final form and put around the values at the build. The columns of times, keys and headers exist
 * only from the first record on that has one.
 *
 * The builder does not know the clock and does not decide when a batch is full: its owner asks
 * {@link BatchBuilder.sizeWith} and {@link BatchBuilder.fitsTime}, and builds.
 */

import { crc32 } from '#crc32'
import { U16_MAX, U32_MAX, checkInteger } from '../bytes/check-integer.js'
import { writeU64 } from '../bytes/u64.js'
import { RequestError } from '../errors/error-classes.js'
import {
  ATTRIBUTES_AT,
  ATTRIBUTE_HEADERS,
  ATTRIBUTE_KEYS,
  ATTRIBUTE_TIMES,
  BASE_SEQUENCE_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MAX,
  BODY_CHECK_AT,
  COLUMN_ENTRY_BYTES,
  CREATE_TIME_AT,
  HEADER_WORD,
  LAST_OFFSET_DELTA_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  alignUp,
} from './batch-descriptor.js'
import { BatchMemory, type AllocateBytes } from './batch-memory.js'
import { RecordArea } from './record-area.js'
import { RecordTimes } from './record-times.js'

const CAPACITY_BYTES_DEFAULT = 64 * 1024
/** Memory that has grown beyond this is not kept for the next batch. */
const KEPT_BYTES_MAX = 512 * 1024
/** Below this, what a batch will be long need not be known exactly. */
const ADMITTED_BYTES = BATCH_LENGTH_MAX / 2
/** What a record has in the columns of times, keys, headers and values. */
const BYTES_PER_RECORD_MAX = 4 * COLUMN_ENTRY_BYTES
/** Of memory for so many times its length, a batch is copied out. */
const LOOSE_FACTOR = 2

/** Settings of a {@link BatchBuilder}. */
export interface BatchBuilderOptions {
  /** Bytes of values to have room for from the start; more is made when needed. Default 64 KiB. */
  readonly capacityBytes?: number | undefined
  /**
   * Where memory for batches comes from: at least as many bytes as asked for, of any content, at the start
   * of an ArrayBuffer. For owners who have memory to use again. Default: fresh memory.
   */
  readonly allocate?: AllocateBytes | undefined
}

/** What a record may have besides its value. */
export interface RecordOptions {
  /** Empty is the same as none. */
  readonly key?: Uint8Array | undefined
  /** Opaque bytes to the format; empty is the same as none. */
  readonly headers?: Uint8Array | undefined
  /** µs since 1970; without it the record's time is the `createTimeUs` of its batch. */
  readonly timeUs?: number | undefined
}

/** Who produced a batch, and where it belongs in the producer's sequence. */
export interface ProducerStamp {
  /** 0 = none. */
  readonly producerId: number
  /** u16. */
  readonly producerEpoch: number
  /** u32, sequence of the first record; wraps at 2^32. */
  readonly baseSequence: number
}

/** The fields of the batch that the builder does not know, and where to put it. */
export interface BuildOptions extends Partial<ProducerStamp> {
  /** µs since 1970. */
  readonly createTimeUs: number
  /** Zero bytes to leave free in front of the batch, for a frame's prefix. Default 0. */
  readonly prefixBytes?: number | undefined
}

/** Collects records and builds batches of them. Reusable: a build leaves it empty. */
export class BatchBuilder {
  readonly #memory: BatchMemory
  readonly #keys = new RecordArea()
  readonly #headers = new RecordArea()
  readonly #times = new RecordTimes()

  constructor({
    capacityBytes = CAPACITY_BYTES_DEFAULT,
    allocate = freshBytes,
  }: BatchBuilderOptions = {}) {
    this.#memory = new BatchMemory(capacityBytes, allocate)
  }

  /** Records appended since the last build. */
  get recordCount(): number {
    return this.#memory.count
  }

  /** Exact length of the batch if it were built now (of an empty one: its header). */
  get sizeBytes(): number {
    return this.#sizeOf(this.recordCount, 0, this.#columnCount())
  }

  /**
   * Exact length of the batch if a record of these lengths were appended and the batch then built.
   *
   * `hasTime`: whether the record has a time of its own. 0 for a length = none.
   */
  sizeWith(valueBytes: number, keyBytes = 0, headersBytes = 0, hasTime = false): number {
    const columns =
      this.#columnCount() +
      (keyBytes > 0 && !this.#keys.isUsed ? 1 : 0) +
      (headersBytes > 0 && !this.#headers.isUsed ? 1 : 0) +
      (hasTime && this.#times.count === 0 ? 1 : 0)
    return this.#sizeOf(this.recordCount + 1, valueBytes + keyBytes + headersBytes, columns)
  }

  /**
   * Whether a batch with one more record of this time can be built.
   *
   * Times lie within 35 minutes of each other, because they are stored as 32-bit differences in µs.
   * Pass undefined for a record without a time, and about the `createTimeUs` that you will build with.
   */
  fitsTime(timeUs: number | undefined, createTimeUs: number): boolean {
    const needsCreateTime = timeUs === undefined || this.#times.count < this.recordCount
    return this.#times.fits(timeUs ?? createTimeUs, needsCreateTime ? createTimeUs : undefined)
  }

  /**
   * Appends one record; its bytes are copied.
   *
   * @throws {RequestError} BATCH_TOO_LARGE when the batch would exceed `BATCH_LENGTH_MAX`
   * @throws {RangeError} when `timeUs` is not a safe integer ≥ 0
   * @throws {TypeError} when key or headers are no Uint8Array; nothing of the record is appended
   */
  append(value: Uint8Array, options?: RecordOptions): void {
    if (options === undefined) {
      if (this.#memory.appendShort(value, 0, value.length)) return
      this.#admitPlain(value.length)
    } else {
      // Also where it fails half-way: a column may have been begun that the short way knows nothing of.
      this.#memory.closeShortWay()
      this.#appendOptions(value.length, options)
    }
    this.#memory.append(value, 0, value.length)
    this.#endRecord()
  }

  /**
   * Appends `source[start, end)` as a record without key, headers or time: for encoders that write
   * many values into one buffer.
   *
   * @throws {RequestError} BATCH_TOO_LARGE when the batch would exceed `BATCH_LENGTH_MAX`
   * @throws {RangeError} when the range does not lie in `source`
   */
  appendRange(source: Uint8Array, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= source.length)) {
      throw new RangeError(`range [${start}, ${end}) does not lie in [0, ${source.length})`)
    }
    if (this.#memory.appendShort(source, start, end)) return
    this.#admitPlain(end - start)
    this.#memory.append(source, start, end)
    this.#endRecord()
  }

  /**
   * Builds the batch and empties the builder.
   *
   * Returns bytes that the caller owns: `prefixBytes` zeros and then the batch, its log fields zero and its
   * `bodyCheck` filled. They lie anywhere in memory that `allocate` gave and that nobody else uses, or, when
   * they are short, in fresh memory of just their length. When the records' own times are too far from
   * `createTimeUs`, the earliest of them becomes the batch's `createTimeUs`.
   *
   * @throws {RangeError} when the builder is empty, an option is out of its range, or the times are
   * further apart than {@link fitsTime} allows; the builder is then unchanged
   */
  build(options: BuildOptions): Uint8Array<ArrayBuffer> {
    const bytes = this.#buildInPlace(options)
    if (bytes.length * LOOSE_FACTOR < bytes.buffer.byteLength) {
      this.clear()
      return new Uint8Array(bytes)
    }
    this.#memory.release()
    this.clear()
    return bytes
  }

  /**
   * Like {@link build}, in memory that the builder keeps: the bytes are valid until the next record is
   * appended. For owners who copy them at once, as a log does.
   */
  buildShared(options: BuildOptions): Uint8Array<ArrayBuffer> {
    const bytes = this.#buildInPlace(options)
    if (bytes.buffer.byteLength > KEPT_BYTES_MAX) this.#memory.release()
    this.clear()
    return bytes
  }

  /** Writes what belongs around the values; the builder is not yet empty afterwards. */
  #buildInPlace(options: BuildOptions): Uint8Array<ArrayBuffer> {
    if (this.recordCount === 0) throw new RangeError('a batch has at least 1 record, the builder 0')
    const prefixBytes = checkInteger('prefixBytes', options.prefixBytes ?? 0, BATCH_LENGTH_MAX)
    const createTimeUs = checkInteger('createTimeUs', options.createTimeUs, Number.MAX_SAFE_INTEGER)
    const producer = checkProducer(options)
    const baseTimeUs = this.#times.baseTime(this.recordCount, createTimeUs)

    const memory = this.#memory
    const batchLength = this.sizeBytes
    const columnBytes = this.recordCount * COLUMN_ENTRY_BYTES * this.#columnCount()
    const frontBytes = prefixBytes + BATCH_HEADER_BYTES + columnBytes
    memory.reserve(frontBytes, prefixBytes + batchLength - frontBytes - memory.size)
    const start = memory.start - frontBytes
    const batchStart = start + prefixBytes
    const bytes = memory.bytes.subarray(start, batchStart + batchLength)
    bytes.fill(0, 0, prefixBytes + BATCH_HEADER_BYTES)
    const batch = new DataView(memory.bytes.buffer, batchStart, batchLength)
    this.#writeHeader(batch, baseTimeUs)
    writeProducer(batch, producer)
    this.#writeBody(bytes, prefixBytes, { baseTimeUs, createTimeUs })
    batch.setUint32(BODY_CHECK_AT, crc32(bytes, prefixBytes + ATTRIBUTES_AT), true)
    return bytes
  }

  /** Drops the records collected so far; keeps the memory. */
  clear(): void {
    this.#memory.clear()
    this.#keys.clear()
    this.#headers.clear()
    this.#times.clear()
  }

  #appendOptions(valueBytes: number, { key, headers, timeUs }: RecordOptions): void {
    checkBytes('key', key)
    checkBytes('headers', headers)
    const keyBytes = key?.length ?? 0
    const headersBytes = headers?.length ?? 0
    if (timeUs !== undefined) checkInteger('timeUs', timeUs, Number.MAX_SAFE_INTEGER)
    this.#admit(this.sizeWith(valueBytes, keyBytes, headersBytes, timeUs !== undefined))
    if (key !== undefined && keyBytes > 0) {
      this.#keys.begin(this.recordCount)
      this.#keys.append(key)
    }
    if (headers !== undefined && headersBytes > 0) {
      this.#headers.begin(this.recordCount)
      this.#headers.append(headers)
    }
    if (timeUs !== undefined) this.#times.set(this.recordCount, timeUs)
  }

  /** The short way of most records: far from the limit, the exact length does not matter. */
  #admitPlain(valueBytes: number): void {
    const bytesMax = this.#memory.size + valueBytes + this.recordCount * BYTES_PER_RECORD_MAX
    if (!this.#isWithoutAreas() || bytesMax > ADMITTED_BYTES) this.#admit(this.sizeWith(valueBytes))
  }

  #admit(sizeBytes: number): void {
    if (sizeBytes <= BATCH_LENGTH_MAX) return
    throw new RequestError(
      'BATCH_TOO_LARGE',
      `batch of ${sizeBytes} bytes is above ${BATCH_LENGTH_MAX} bytes`,
      { details: { batchLength: sizeBytes, batchLengthMax: BATCH_LENGTH_MAX } },
    )
  }

  #endRecord(): void {
    if (this.#keys.isUsed) this.#keys.endRecord()
    if (this.#headers.isUsed) this.#headers.endRecord()
    if (this.#isWithoutAreas()) this.#memory.openShortWay(ADMITTED_BYTES, BYTES_PER_RECORD_MAX)
  }

  /** Whether no record so far has a key or headers. */
  #isWithoutAreas(): boolean {
    return !this.#keys.isUsed && !this.#headers.isUsed
  }

  #columnCount(): number {
    return (
      1 +
      (this.#times.count > 0 ? 1 : 0) +
      (this.#keys.isUsed ? 1 : 0) +
      (this.#headers.isUsed ? 1 : 0)
    )
  }

  #payloadBytes(): number {
    return this.#memory.size + this.#keys.dataBytes + this.#headers.dataBytes
  }

  #sizeOf(recordCount: number, extraPayloadBytes: number, columns: number): number {
    const columnBytes = recordCount * COLUMN_ENTRY_BYTES * columns
    return alignUp(BATCH_HEADER_BYTES + columnBytes + this.#payloadBytes() + extraPayloadBytes)
  }

  #writeHeader(batch: DataView, createTimeUs: number): void {
    const attributes =
      (this.#times.count > 0 ? ATTRIBUTE_TIMES : 0) |
      (this.#keys.isUsed ? ATTRIBUTE_KEYS : 0) |
      (this.#headers.isUsed ? ATTRIBUTE_HEADERS : 0)
    batch.setUint32(0, HEADER_WORD, true)
    batch.setUint32(BATCH_LENGTH_AT, batch.byteLength, true)
    batch.setUint16(ATTRIBUTES_AT, attributes, true)
    batch.setUint32(RECORD_COUNT_AT, this.recordCount, true)
    batch.setUint32(LAST_OFFSET_DELTA_AT, this.recordCount - 1, true)
    writeU64(batch, CREATE_TIME_AT, createTimeUs)
  }

  /** Writes the columns in front of the values, and keys, headers and padding behind them. */
  #writeBody(
    target: Uint8Array,
    prefixBytes: number,
    times: { readonly baseTimeUs: number; readonly createTimeUs: number },
  ): void {
    let at = this.#memory.copyEndsTo(target, prefixBytes + BATCH_HEADER_BYTES)
    if (this.#times.count > 0) {
      const column = new DataView(target.buffer, target.byteOffset + at)
      this.#times.writeDeltas(column, this.recordCount, times)
      at += this.recordCount * COLUMN_ENTRY_BYTES
    }
    if (this.#keys.isUsed) at = this.#keys.copyEndsTo(target, at)
    if (this.#headers.isUsed) at = this.#headers.copyEndsTo(target, at)
    at = this.#keys.copyDataTo(target, at + this.#memory.size)
    at = this.#headers.copyDataTo(target, at)
    target.fill(0, at)
  }
}

/** By name, as an array may be of another realm. Copying anything else fails half-way, or copies nothing. */
function checkBytes(name: string, bytes: Uint8Array | null | undefined): void {
  if (bytes === undefined || bytes === null) return
  const kind = Object.prototype.toString.call(bytes)
  if (kind === '[object Uint8Array]') return
  throw new TypeError(`${name} of a record is ${kind}, must be a Uint8Array`)
}

function freshBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(sizeBytes)
}

/**
 * Validates a producer's fields; what is missing is 0.
 *
 * @throws {RangeError} when a field is out of its range
 */
export function checkProducer(producer: Partial<ProducerStamp>): ProducerStamp {
  return {
    producerId: checkInteger('producerId', producer.producerId ?? 0, Number.MAX_SAFE_INTEGER),
    producerEpoch: checkInteger('producerEpoch', producer.producerEpoch ?? 0, U16_MAX),
    baseSequence: checkInteger('baseSequence', producer.baseSequence ?? 0, U32_MAX),
  }
}

/** Writes a producer's fields into the header at the start of `batch`. */
export function writeProducer(batch: DataView, producer: ProducerStamp): void {
  writeU64(batch, PRODUCER_ID_AT, producer.producerId)
  batch.setUint32(BASE_SEQUENCE_AT, producer.baseSequence, true)
  batch.setUint16(PRODUCER_EPOCH_AT, producer.producerEpoch, true)
}
