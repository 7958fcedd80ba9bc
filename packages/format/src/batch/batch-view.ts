/**
 * Reads the fields and records of one batch in place: a flyweight over bytes that are never copied.
 *
 * One view serves any number of batches: `wrap` moves it. Fields are read when asked for; the few
 * places that depend on the record count are computed in `wrap`. Works at any address, so also on
 * what a WebSocket hands out. Writing is `BatchBuilder`'s, checking is the inspector's.
 *
 * `wrap` checks the header's fields, so a getter never reads outside the batch. It does not check
 * columns or checksums: wrap only what `inspectBatch` found valid. On bytes that were not inspected,
 * a record whose ends make no sense throws a `FormatError`; nothing outside the batch is ever read.
 *
 * ```
 *   position        #columns                       #payload          #keysStart  #headersStart  #end
 *   | header  | ext | valueEnd | timeDelta? | … |   | values         | keys      | headers      | pad
 * ```
 */

import { readU64 } from '../bytes/u64.js'
import { FormatError } from '../errors/error-classes.js'
import {
  APPEND_TIME_AT,
  ATTRIBUTES_AT,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_HEADERS,
  ATTRIBUTE_KEYS,
  ATTRIBUTE_OFFSETS,
  ATTRIBUTE_TIMES,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BATCH_ALIGNMENT_BYTES,
  BATCH_LENGTH_AT,
  BODY_CHECK_AT,
  COLUMN_ENTRY_BYTES,
  CREATE_TIME_AT,
  EPOCH_AT,
  HEADER_CHECK_AT,
  HEADER_WORDS_AT,
  LAST_OFFSET_DELTA_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  columnCount,
} from './batch-descriptor.js'
import { type BatchDefect, defectError } from './batch-defect.js'
import { inspectFrame, inspectLogFields, inspectProducerFields } from './header-inspector.js'

/** Stands for a column that the batch does not have. */
const ABSENT = -1

/** A batch read in place. Valid as long as its bytes are, and until the next {@link wrap}. */
export class BatchView {
  #bytes: Uint8Array
  /** That of `#bytes`, which costs something to ask for. */
  #buffer: ArrayBufferLike
  /** Over the whole ArrayBuffer, so that it serves every `Uint8Array` of the same buffer. */
  #view: DataView
  /** Places below are in `#view`; minus this they are places in `#bytes`. */
  #origin = 0
  #start = 0
  #end = 0
  #attributes = 0
  #recordCount = 0
  #valueEnds = 0
  #timeDeltas = ABSENT
  #keyEnds = ABSENT
  #headersEnds = ABSENT
  #offsetDeltas = ABSENT
  #payload = 0
  #keysStart = 0
  #headersStart = 0

  /**
   * Views the batch at `position` of `bytes`.
   *
   * @throws {FormatError} as {@link wrap}
   */
  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes
    this.#buffer = bytes.buffer
    this.#view = new DataView(this.#buffer)
    this.wrap(bytes, position)
  }

  /**
   * Moves the view to the batch at `position` of `bytes`; makes a new `DataView` only when `bytes`
   * lies in another ArrayBuffer than before.
   *
   * @throws {FormatError} when there is no batch header with possible fields, or the batch does not
   * end in `bytes`; the view then still shows the batch before
   */
  wrap(bytes: Uint8Array, position: number): this {
    const { buffer } = bytes
    const view = buffer === this.#buffer ? this.#view : new DataView(buffer)
    const origin = bytes.byteOffset
    const start = origin + position
    const limit = origin + bytes.length
    if (!(position >= 0) || inspectFields(view, start, limit) !== undefined) {
      throw wrapError(bytes, position)
    }
    this.#bytes = bytes
    this.#buffer = buffer
    this.#view = view
    this.#origin = origin
    this.#start = start
    this.#end = start + view.getUint32(start + BATCH_LENGTH_AT, true)
    this.#placeColumns()
    return this
  }

  /** Where the batch begins in the bytes that were wrapped. */
  get position(): number {
    return this.#start - this.#origin
  }
  /** Bytes of the whole batch, padding included. */
  get batchLength(): number {
    return this.#end - this.#start
  }
  /** Offset of the first record; 0 in a batch that no log has stamped. */
  get baseOffset(): number {
    return readU64(this.#view, this.#start + BASE_OFFSET_AT)
  }
  /** When the log appended the batch, µs since 1970; 0 in a batch that no log has stamped. */
  get appendTimeUs(): number {
    return readU64(this.#view, this.#start + APPEND_TIME_AT)
  }
  /** Incarnation of the stream. */
  get epoch(): number {
    return this.#view.getUint32(this.#start + EPOCH_AT, true)
  }
  /** As stored; see `inspectBatch`. */
  get headerCheck(): number {
    return this.#view.getUint32(this.#start + HEADER_CHECK_AT, true)
  }
  /** As stored; see `inspectBatch`. */
  get bodyCheck(): number {
    return this.#view.getUint32(this.#start + BODY_CHECK_AT, true)
  }
  /** The ATTRIBUTE_… bits. */
  get attributes(): number {
    return this.#attributes
  }
  /** Records in the batch, at least 1. */
  get recordCount(): number {
    return this.#recordCount
  }
  /** The last offset that the batch accounts for. */
  get lastOffset(): number {
    return this.baseOffset + this.#view.getUint32(this.#start + LAST_OFFSET_DELTA_AT, true)
  }
  /** The base offset of the batch that follows. */
  get nextOffset(): number {
    return this.lastOffset + 1
  }
  /** The producer's clock at the build, µs since 1970; the base of the records' own times. */
  get createTimeUs(): number {
    return readU64(this.#view, this.#start + CREATE_TIME_AT)
  }
  /** 0 = the batch has no producer identity. */
  get producerId(): number {
    return readU64(this.#view, this.#start + PRODUCER_ID_AT)
  }
  /** Incarnation of the producer. */
  get producerEpoch(): number {
    return this.#view.getUint16(this.#start + PRODUCER_EPOCH_AT, true)
  }
  /** Sequence of the first record within its producer. */
  get baseSequence(): number {
    return this.#view.getUint32(this.#start + BASE_SEQUENCE_AT, true)
  }
  /** Sequence of the last record; sequences wrap at 2^32. */
  get lastSequence(): number {
    return (this.baseSequence + this.#recordCount - 1) >>> 0
  }
  /** Whether the records are the log's own and not for applications. */
  get isControl(): boolean {
    return (this.#attributes & ATTRIBUTE_CONTROL) !== 0
  }
  /** Whether records have times of their own. */
  get hasTimes(): boolean {
    return this.#timeDeltas !== ABSENT
  }
  /** Whether some record has a key. */
  get hasKeys(): boolean {
    return this.#keyEnds !== ABSENT
  }
  /** Whether some record has headers. */
  get hasHeaders(): boolean {
    return this.#headersEnds !== ABSENT
  }
  /** Whether offsets are stored, because records were removed from between. */
  get hasOffsets(): boolean {
    return this.#offsetDeltas !== ABSENT
  }

  /** The bytes of the whole batch: a view, not a copy. */
  bytes(): Uint8Array {
    return this.#slice(this.#start, this.#end)
  }

  /**
   * The value of record `i`: a view, not a copy; valid as long as the wrapped bytes are.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  value(i: number): Uint8Array {
    return this.#part(this.#valueEnds, this.#payload, i)
  }

  /**
   * The key of record `i` as a view, or undefined when it has none.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  key(i: number): Uint8Array | undefined {
    return this.#optionalPart(this.#keyEnds, this.#keysStart, i)
  }

  /**
   * The headers of record `i` as a view, or undefined when it has none.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  headers(i: number): Uint8Array | undefined {
    return this.#optionalPart(this.#headersEnds, this.#headersStart, i)
  }

  /**
   * Where the value of record `i` begins in the wrapped bytes. With {@link valueEnd}, reads a value
   * without making a view of it.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  valueStart(i: number): number {
    this.#checkIndex(i)
    return this.#payload + this.#partStart(this.#valueEnds, i) - this.#origin
  }

  /**
   * Where the value of record `i` ends (exclusive) in the wrapped bytes.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  valueEnd(i: number): number {
    this.#checkIndex(i)
    const end = this.#view.getUint32(this.#valueEnds + i * COLUMN_ENTRY_BYTES, true)
    return this.#payload + end - this.#origin
  }

  /**
   * The offset of record `i`.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  offset(i: number): number {
    this.#checkIndex(i)
    return this.baseOffset + this.#offsetDelta(i)
  }

  /**
   * The time of record `i` in µs since 1970: its own, or the batch's `createTimeUs`.
   *
   * @throws {RangeError} when `i` is not in [0, recordCount)
   */
  timeUs(i: number): number {
    this.#checkIndex(i)
    if (this.#timeDeltas === ABSENT) return this.createTimeUs
    return this.createTimeUs + this.#view.getInt32(this.#timeDeltas + i * COLUMN_ENTRY_BYTES, true)
  }

  /**
   * The index of the first record whose offset is at least `offset`: 0 when that is below the batch,
   * `recordCount` when it is behind its last record. O(log n), without an offset column O(1).
   */
  indexOfOffset(offset: number): number {
    const delta = offset - this.baseOffset
    if (this.#offsetDeltas === ABSENT) return Math.min(Math.max(delta, 0), this.#recordCount)
    let low = 0
    let high = this.#recordCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#offsetDelta(middle) < delta) low = middle + 1
      else high = middle
    }
    return low
  }

  #placeColumns(): void {
    const view = this.#view
    this.#attributes = view.getUint16(this.#start + ATTRIBUTES_AT, true)
    this.#recordCount = view.getUint32(this.#start + RECORD_COUNT_AT, true)
    const columnBytes = this.#recordCount * COLUMN_ENTRY_BYTES
    const columns =
      this.#start + view.getUint8(this.#start + HEADER_WORDS_AT) * BATCH_ALIGNMENT_BYTES
    let next = columns
    const place = (bit: number) => ((this.#attributes & bit) === 0 ? ABSENT : (next += columnBytes))
    this.#valueEnds = columns
    this.#timeDeltas = place(ATTRIBUTE_TIMES)
    this.#keyEnds = place(ATTRIBUTE_KEYS)
    this.#headersEnds = place(ATTRIBUTE_HEADERS)
    this.#offsetDeltas = place(ATTRIBUTE_OFFSETS)
    this.#payload = columns + columnBytes * columnCount(this.#attributes)
    this.#keysStart = this.#payload + this.#lastEnd(this.#valueEnds)
    this.#headersStart = this.#keysStart + this.#lastEnd(this.#keyEnds)
  }

  #lastEnd(ends: number): number {
    if (ends === ABSENT) return 0
    return this.#view.getUint32(ends + (this.#recordCount - 1) * COLUMN_ENTRY_BYTES, true)
  }

  #part(ends: number, area: number, i: number): Uint8Array {
    this.#checkIndex(i)
    const end = area + this.#view.getUint32(ends + i * COLUMN_ENTRY_BYTES, true)
    return this.#slice(area + this.#partStart(ends, i), end)
  }

  #optionalPart(ends: number, area: number, i: number): Uint8Array | undefined {
    this.#checkIndex(i)
    if (ends === ABSENT) return undefined
    const part = this.#part(ends, area, i)
    return part.length === 0 ? undefined : part
  }

  #partStart(ends: number, i: number): number {
    return i === 0 ? 0 : this.#view.getUint32(ends + (i - 1) * COLUMN_ENTRY_BYTES, true)
  }

  #offsetDelta(i: number): number {
    if (this.#offsetDeltas === ABSENT) return i
    return this.#view.getUint32(this.#offsetDeltas + i * COLUMN_ENTRY_BYTES, true)
  }

  #slice(start: number, end: number): Uint8Array {
    if (start > end || end > this.#end) throw this.#endsError(start, end)
    // Not `subarray`: of a Buffer that is a Buffer, and slower.
    return new Uint8Array(this.#buffer, start, end - start)
  }

  #checkIndex(i: number): void {
    if (i >>> 0 === i && i < this.#recordCount) return
    throw new RangeError(`record ${i} is not in [0, ${this.#recordCount})`)
  }

  #endsError(start: number, end: number): FormatError {
    const positionBytes = this.position
    return new FormatError(
      'INVALID_FIELD',
      `batch at position ${positionBytes}: record range [${start - this.#start}, ${end - this.#start}) does not lie in the batch of ${this.batchLength} bytes`,
      { details: { positionBytes } },
    )
  }
}

function inspectFields(view: DataView, start: number, limit: number): BatchDefect | undefined {
  return (
    inspectFrame(view, start, limit) ??
    inspectProducerFields(view, start) ??
    inspectLogFields(view, start)
  )
}

/** Inspects once more, with positions as the caller counts them. */
function wrapError(bytes: Uint8Array, position: number): FormatError {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const defect = inspectFields(view, position, bytes.length)
  if (defect !== undefined) return defectError(defect)
  throw new RangeError(`position ${position} is not a place in ${bytes.length} bytes`)
}
