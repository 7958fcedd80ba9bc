/**
 * Records as the application gets them: singly, or as the batch they were stored in.
 */

import { FormatError, type BatchView } from '@tailrace/format'

import type { Codec } from '../codecs/codec.js'
import type { RecordExtras, RecordHeaders } from '../codecs/headers.js'

/**
 * A record. Bytes in it are views of the message it came in: copy what you keep for long, and whatever you keep of
 * a batch that was lent.
 */
export interface StreamRecord<T> {
  /** Its number in the stream. */
  readonly offset: number
  readonly value: T
  readonly key: Uint8Array | undefined
  readonly headers: RecordHeaders | undefined
  /** When it happened, by its producer's account: µs since 1970. */
  readonly timeUs: number
  /** When the log appended it: µs since 1970, never decreasing within a stream. */
  readonly appendTimeUs: number
}

/** Looks at one encoded value: `bytes` from `start` to `end` (exclusive). */
export type ValueVisitor = (bytes: Uint8Array, start: number, end: number) => void

/** How the records of a stream are decoded. */
export interface RecordDecoder<T> {
  readonly stream: string
  readonly codec: Codec<T>
  readonly extras: RecordExtras
}

/** Which records of a stored batch are delivered. */
export interface BatchSlice {
  readonly view: BatchView
  /** What `view` views. */
  readonly bytes: Uint8Array
  readonly firstIndex: number
  readonly endIndex: number
  /** The offset behind it. */
  readonly nextOffset: number
}

/**
 * A stored batch, or the part of one that lies between the subscription's start and stop.
 *
 * Records are addressed by their index in the stored batch, from `firstIndex` to `endIndex` (exclusive):
 * `for (let i = batch.firstIndex; i < batch.endIndex; i++) use(batch.value(i))`. That decodes one value
 * at a time and makes no object per record beyond it. Valid as long as it is kept; one that is lent to a visitor
 * (`forEachBatch`), as long as the visit lasts.
 *
 * To read bytes without even a view of each value, take them where they lie: `batch.forEachValue((bytes,
 * start, end) => …)`.
 */
export class RecordBatch<T> implements Iterable<StreamRecord<T>> {
  /** The stored batch in place, for its bytes and fields. */
  readonly view: BatchView
  /** Offset of the stored batch's first record, which may lie before the first one delivered. */
  readonly baseOffset: number
  /** When the log appended the batch: µs since 1970. */
  readonly appendTimeUs: number
  /** Index of the first record delivered. */
  readonly firstIndex: number
  /** Index behind the last record delivered. */
  readonly endIndex: number
  /** The offset that follows: where a new subscription would go on. */
  readonly nextOffset: number
  readonly #slice: BatchSlice
  readonly #decoder: RecordDecoder<T>
  /** What the view reads anew for each record although it is the same for all of most batches. */
  readonly #createTimeUs: number
  readonly #hasOffsets: boolean
  readonly #hasTimes: boolean
  readonly #hasKeys: boolean
  readonly #hasHeaders: boolean

  constructor(slice: BatchSlice, decoder: RecordDecoder<T>) {
    this.view = slice.view
    this.baseOffset = slice.view.baseOffset
    this.appendTimeUs = slice.view.appendTimeUs
    this.firstIndex = slice.firstIndex
    this.endIndex = slice.endIndex
    this.nextOffset = slice.nextOffset
    this.#slice = slice
    this.#decoder = decoder
    const { createTimeUs, hasOffsets, hasTimes, hasKeys, hasHeaders } = slice.view
    this.#createTimeUs = createTimeUs
    this.#hasOffsets = hasOffsets
    this.#hasTimes = hasTimes
    this.#hasKeys = hasKeys
    this.#hasHeaders = hasHeaders
  }

  /** How many records are delivered. */
  get recordCount(): number {
    return this.endIndex - this.firstIndex
  }

  /**
   * Decodes the value at an index.
   *
   * @throws {FormatError} INVALID_FIELD, with stream and offset, when the codec cannot decode it.
   * @throws {RangeError} the index is outside `firstIndex` to `endIndex`.
   */
  value(index: number): T {
    this.#checkIndex(index)
    const { codec } = this.#decoder
    try {
      if (codec.decodeRange === undefined) return codec.decode(this.view.value(index))
      return codec.decodeRange(
        this.#slice.bytes,
        this.view.valueStart(index),
        this.view.valueEnd(index),
      )
    } catch (cause) {
      throw this.#undecodable(index, codec.name, cause)
    }
  }

  /**
   * The message that the batch came in, in which {@link valueStart} and {@link valueEnd} say where a value
   * lies. It never changes, and stays in memory as long as something refers to it: copy what you keep. That of a
   * batch that is lent is used again after the visit.
   */
  get bytes(): Uint8Array {
    return this.#slice.bytes
  }

  /**
   * Where the encoded value at an index begins in `bytes`.
   *
   * @throws {RangeError} the index is not one of the stored batch.
   */
  valueStart(index: number): number {
    return this.view.valueStart(index)
  }

  /**
   * Where the encoded value at an index ends (exclusive) in `bytes`.
   *
   * @throws {RangeError} the index is not one of the stored batch.
   */
  valueEnd(index: number): number {
    return this.view.valueEnd(index)
  }

  /**
   * Calls `visit` with every encoded value delivered, in order, as it lies in `bytes`: `bytes[start]` up to
   * `bytes[end - 1]`. Nothing is decoded, copied or allocated, whatever the codec: the fastest way to look at
   * every record. What `visit` throws ends it.
   */
  forEachValue(visit: ValueVisitor): void {
    const { view, endIndex } = this
    const { bytes } = this.#slice
    let start = this.recordCount === 0 ? 0 : view.valueStart(this.firstIndex)
    for (let index = this.firstIndex; index < endIndex; index += 1) {
      const end = view.valueEnd(index)
      visit(bytes, start, end)
      start = end
    }
  }

  /** The offset at an index. */
  offset(index: number): number {
    return this.view.offset(index)
  }

  /**
   * The whole record at an index.
   *
   * @throws {FormatError} INVALID_FIELD, with stream and offset, when value or headers do not decode.
   * @throws {RangeError} the index is outside `firstIndex` to `endIndex`.
   */
  record(index: number): StreamRecord<T> {
    // First the value, which knows whether there is such a record.
    const value = this.value(index)
    return {
      offset: this.#hasOffsets ? this.view.offset(index) : this.baseOffset + index,
      value,
      key: this.#hasKeys ? this.view.key(index) : undefined,
      headers: this.#hasHeaders ? this.#headers(index) : undefined,
      timeUs: this.#hasTimes ? this.view.timeUs(index) : this.#createTimeUs,
      appendTimeUs: this.appendTimeUs,
    }
  }

  /** The same batch without the records before `firstIndex`. */
  from(firstIndex: number): RecordBatch<T> {
    if (firstIndex === this.firstIndex) return this
    return new RecordBatch({ ...this.#slice, firstIndex }, this.#decoder)
  }

  /** Every record delivered, in order. */
  *[Symbol.iterator](): Generator<StreamRecord<T>, void, undefined> {
    for (let index = this.firstIndex; index < this.endIndex; index += 1) yield this.record(index)
  }

  #headers(index: number): RecordHeaders | undefined {
    const bytes = this.view.headers(index)
    if (bytes === undefined) return undefined
    try {
      return this.#decoder.extras.decodeHeaders(bytes)
    } catch (cause) {
      throw this.#undecodable(index, 'headers', cause)
    }
  }

  #checkIndex(index: number): void {
    if (index >= this.firstIndex && index < this.endIndex) return
    throw new RangeError(`index ${index} is not in [${this.firstIndex}, ${this.endIndex})`)
  }

  #undecodable(index: number, what: string, cause: unknown): FormatError {
    const { stream } = this.#decoder
    const offset = this.view.offset(index)
    return new FormatError(
      'INVALID_FIELD',
      `record at offset ${offset} cannot be decoded as ${what} (stream "${stream}")`,
      { details: { stream, offset, codec: what }, cause },
    )
  }
}
