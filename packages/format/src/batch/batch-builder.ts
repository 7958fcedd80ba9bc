/**
 * Collects records and builds batches of them.
 *
 * Apart from `BatchView` because writing needs growing buffers and reading needs none. Each area of
 * the batch is collected in its final form, so a build is one allocation and one copy per area. The
 * columns of times, keys and headers exist only from the first record on that has one.
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
  BATCH_ALIGNMENT_BYTES,
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
import { RecordArea } from './record-area.js'
import { RecordTimes } from './record-times.js'

const CAPACITY_BYTES_DEFAULT = 64 * 1024
/** A larger batch gets memory of its own in `buildShared`, too. */
const SHARED_BYTES_MAX = 256 * 1024

/** Settings of a {@link BatchBuilder}. */
export interface BatchBuilderOptions {
  /** Bytes of values to have room for from the start; more is made when needed. Default 64 KiB. */
  readonly capacityBytes?: number | undefined
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
  readonly #values: RecordArea
  readonly #keys = new RecordArea(0)
  readonly #headers = new RecordArea(0)
  readonly #times = new RecordTimes()
  #recordCount = 0
  /** Memory of `buildShared`. */
  #shared = new Uint8Array(0)

  constructor({ capacityBytes = CAPACITY_BYTES_DEFAULT }: BatchBuilderOptions = {}) {
    this.#values = new RecordArea(capacityBytes)
    this.#values.begin(0)
  }

  /** Records appended since the last build. */
  get recordCount(): number {
    return this.#recordCount
  }

  /** Exact length of the batch if it were built now (of an empty one: its header). */
  get sizeBytes(): number {
    return this.#sizeOf(this.#recordCount, 0, this.#columnCount())
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
    return this.#sizeOf(this.#recordCount + 1, valueBytes + keyBytes + headersBytes, columns)
  }

  /**
   * Whether a batch with one more record of this time can be built.
   *
   * Times lie within 35 minutes of each other, because they are stored as 32-bit differences in µs.
   * Pass undefined for a record without a time, and about the `createTimeUs` that you will build with.
   */
  fitsTime(timeUs: number | undefined, createTimeUs: number): boolean {
    const needsCreateTime = timeUs === undefined || this.#times.count < this.#recordCount
    return this.#times.fits(timeUs ?? createTimeUs, needsCreateTime ? createTimeUs : undefined)
  }

  /**
   * Appends one record; its bytes are copied.
   *
   * @throws {RequestError} BATCH_TOO_LARGE when the batch would exceed `BATCH_LENGTH_MAX`
   * @throws {RangeError} when `timeUs` is not a safe integer ≥ 0
   */
  append(value: Uint8Array, options?: RecordOptions): void {
    if (options === undefined) {
      this.#admit(this.sizeWith(value.length))
    } else {
      this.#appendOptions(value.length, options)
    }
    this.#values.append(value)
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
    this.#admit(this.sizeWith(end - start))
    this.#values.append(start === 0 && end === source.length ? source : source.subarray(start, end))
    this.#endRecord()
  }

  /**
   * Builds the batch and empties the builder.
   *
   * Returns fresh bytes that the caller owns: `prefixBytes` zeros and then the batch, its log fields
   * zero and its `bodyCheck` filled. When the records' own times are too far from `createTimeUs`, the
   * earliest of them becomes the batch's `createTimeUs`.
   *
   * @throws {RangeError} when the builder is empty, an option is out of its range, or the times are
   * further apart than {@link fitsTime} allows; the builder is then unchanged
   */
  build(options: BuildOptions): Uint8Array<ArrayBuffer> {
    return this.#buildInto(options, (length) => new Uint8Array(length))
  }

  /**
   * Like {@link build}, in memory that the builder keeps: the bytes are valid until the next call of
   * `buildShared`. For owners who copy them at once, as a log does.
   */
  buildShared(options: BuildOptions): Uint8Array<ArrayBuffer> {
    return this.#buildInto(options, this.#takeShared)
  }

  /** `take` returns as many bytes, of which those of the header and the last eight are zero. */
  #buildInto(
    options: BuildOptions,
    take: (length: number) => Uint8Array<ArrayBuffer>,
  ): Uint8Array<ArrayBuffer> {
    if (this.#recordCount === 0)
      throw new RangeError('a batch has at least 1 record, the builder 0')
    const prefixBytes = checkInteger('prefixBytes', options.prefixBytes ?? 0, BATCH_LENGTH_MAX)
    const createTimeUs = checkInteger('createTimeUs', options.createTimeUs, Number.MAX_SAFE_INTEGER)
    const producer = checkProducer(options)
    const baseTimeUs = this.#times.baseTime(this.#recordCount, createTimeUs)

    const batchLength = this.sizeBytes
    const bytes = take(prefixBytes + batchLength)
    const batch = new DataView(bytes.buffer, prefixBytes, batchLength)
    this.#writeHeader(batch, baseTimeUs)
    writeProducer(batch, producer)
    this.#writeBody(bytes, prefixBytes, { baseTimeUs, createTimeUs })
    batch.setUint32(BODY_CHECK_AT, crc32(bytes, prefixBytes + ATTRIBUTES_AT), true)
    this.clear()
    return bytes
  }

  readonly #takeShared = (length: number): Uint8Array<ArrayBuffer> => {
    if (length > SHARED_BYTES_MAX) return new Uint8Array(length)
    if (this.#shared.length < length) {
      this.#shared = new Uint8Array(Math.min(SHARED_BYTES_MAX, length * 2))
    }
    this.#shared.fill(0, 0, BATCH_HEADER_BYTES)
    this.#shared.fill(0, length - BATCH_ALIGNMENT_BYTES, length)
    return this.#shared.subarray(0, length)
  }

  /** Drops the records collected so far; keeps the memory. */
  clear(): void {
    this.#recordCount = 0
    this.#values.clear()
    this.#values.begin(0)
    this.#keys.clear()
    this.#headers.clear()
    this.#times.clear()
  }

  #appendOptions(valueBytes: number, { key, headers, timeUs }: RecordOptions): void {
    const keyBytes = key?.length ?? 0
    const headersBytes = headers?.length ?? 0
    if (timeUs !== undefined) checkInteger('timeUs', timeUs, Number.MAX_SAFE_INTEGER)
    this.#admit(this.sizeWith(valueBytes, keyBytes, headersBytes, timeUs !== undefined))
    if (key !== undefined && keyBytes > 0) {
      this.#keys.begin(this.#recordCount)
      this.#keys.append(key)
    }
    if (headers !== undefined && headersBytes > 0) {
      this.#headers.begin(this.#recordCount)
      this.#headers.append(headers)
    }
    if (timeUs !== undefined) this.#times.set(this.#recordCount, timeUs)
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
    this.#recordCount++
    this.#values.endRecord()
    if (this.#keys.isUsed) this.#keys.endRecord()
    if (this.#headers.isUsed) this.#headers.endRecord()
  }

  #columnCount(): number {
    return (
      1 +
      (this.#times.count > 0 ? 1 : 0) +
      (this.#keys.isUsed ? 1 : 0) +
      (this.#headers.isUsed ? 1 : 0)
    )
  }

  #sizeOf(recordCount: number, extraPayloadBytes: number, columns: number): number {
    const payloadBytes =
      this.#values.dataBytes + this.#keys.dataBytes + this.#headers.dataBytes + extraPayloadBytes
    return alignUp(BATCH_HEADER_BYTES + recordCount * COLUMN_ENTRY_BYTES * columns + payloadBytes)
  }

  #writeHeader(batch: DataView, createTimeUs: number): void {
    const attributes =
      (this.#times.count > 0 ? ATTRIBUTE_TIMES : 0) |
      (this.#keys.isUsed ? ATTRIBUTE_KEYS : 0) |
      (this.#headers.isUsed ? ATTRIBUTE_HEADERS : 0)
    batch.setUint32(0, HEADER_WORD, true)
    batch.setUint32(BATCH_LENGTH_AT, batch.byteLength, true)
    batch.setUint16(ATTRIBUTES_AT, attributes, true)
    batch.setUint32(RECORD_COUNT_AT, this.#recordCount, true)
    batch.setUint32(LAST_OFFSET_DELTA_AT, this.#recordCount - 1, true)
    writeU64(batch, CREATE_TIME_AT, createTimeUs)
  }

  #writeBody(
    target: Uint8Array,
    prefixBytes: number,
    times: { readonly baseTimeUs: number; readonly createTimeUs: number },
  ): void {
    let at = prefixBytes + BATCH_HEADER_BYTES
    at = this.#values.copyEndsTo(target, at)
    if (this.#times.count > 0) {
      const column = new DataView(target.buffer, target.byteOffset + at)
      this.#times.writeDeltas(column, this.#recordCount, times)
      at += this.#recordCount * COLUMN_ENTRY_BYTES
    }
    if (this.#keys.isUsed) at = this.#keys.copyEndsTo(target, at)
    if (this.#headers.isUsed) at = this.#headers.copyEndsTo(target, at)
    at = this.#values.copyDataTo(target, at)
    at = this.#keys.copyDataTo(target, at)
    this.#headers.copyDataTo(target, at)
  }
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
