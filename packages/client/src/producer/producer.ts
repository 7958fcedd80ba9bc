/**
 * A producer as the application sees it: values in, acknowledgements out.
 */

import type { TailraceError } from '@tailrace/format'
import type { OpenProducerReply } from '@tailrace/protocol'

import { encoderOf, type Codec, type EncodedRange } from '../codecs/codec.js'
import type { RecordExtras, RecordOptions } from '../codecs/headers.js'
import type { Unlisten } from '../util/listeners.js'
import { rejected } from '../util/rejected.js'
import type { ProducerAck } from './producer-channel.js'
import type { ProducerEngine } from './producer-engine.js'

/** What the server says about a producer when it opens. */
export type ProducerInfo = Omit<OpenProducerReply, 'channel'>

/** How values become records. */
export interface RecordEncoder<T> {
  readonly codec: Codec<T>
  readonly extras: RecordExtras
}

/**
 * Sends records to one stream, in order, each stored once however often the connection breaks.
 *
 * With a name it keeps its identity over restarts of the application: opening it fences whoever had the
 * name before (FENCED), and `open` says how far the log has its records. Opened by its first use.
 */
export class Producer<T> implements AsyncDisposable {
  readonly #engine: ProducerEngine
  readonly #extras: RecordExtras
  readonly #encode: (value: T, target: EncodedRange) => void
  readonly #range: EncodedRange = { bytes: new Uint8Array(0), start: 0, end: 0 }

  constructor(engine: ProducerEngine, { codec, extras }: RecordEncoder<T>) {
    this.#engine = engine
    this.#extras = extras
    this.#encode = encoderOf(codec)
  }

  /** Records taken by `send` and `publish`. */
  get sentCount(): number {
    return this.#engine.sentCount
  }

  /** Records acknowledged: on disk, or as the stream's durability has it. */
  get acknowledgedCount(): number {
    return this.#engine.acknowledgedCount
  }

  /** The offset of the last record acknowledged; −1 before the first. */
  get lastOffset(): number {
    return this.#engine.lastOffset
  }

  /** Bytes taken and not acknowledged yet. */
  get bufferedBytes(): number {
    return this.#engine.bufferedBytes
  }

  /**
   * The refusal that is being waited out (NO_SPACE, THROTTLED, …), until the records it held up are
   * acknowledged; undefined when all is well.
   */
  get refusal(): TailraceError | undefined {
    return this.#engine.refusal
  }

  /**
   * Opens the producer on the server. `lastSequence` is the number of the last record that the log has of
   * a named producer, counted from 0 (−1: none), so an application that sends the same records again
   * after a restart can skip those. Resolves at once when it is open. Rejects with why it cannot be.
   */
  open(): Promise<ProducerInfo> {
    return this.#engine.open()
  }

  /**
   * Takes a record. Returns false when `bufferBytesMax` is reached: the record was taken, but wait for
   * `ready()` before the next. Errors of the server surface in `flush`, `ready`, `close` and `onError`.
   *
   * @throws {LimitError} THROTTLED when twice `bufferBytesMax` is reached; the record was not taken.
   * @throws {RequestError} BATCH_TOO_LARGE when the record is larger than the server takes.
   * @throws {ConnectionError} PRODUCER_CLOSED after `close`.
   * @throws {TailraceError} what the producer has failed with.
   * @throws {TypeError} the codec cannot encode the value.
   */
  send(value: T, options?: RecordOptions): boolean {
    // First the extras: the value lies in a buffer that the next encoding may use again.
    const extras = options === undefined ? undefined : this.#extras.encode(options)
    this.#encode(value, this.#range)
    return this.#engine.send(this.#range, extras)
  }

  /**
   * Takes a record, whatever the buffer holds. Resolves with its offset once it is acknowledged, or with
   * `OFFSET_UNKNOWN` when an earlier attempt had stored it so long ago that the log no longer knows
   * where. Rejects with what `send` throws, and with what the server refuses it for.
   */
  publish(value: T, options?: RecordOptions): Promise<number> {
    try {
      const extras = options === undefined ? undefined : this.#extras.encode(options)
      this.#encode(value, this.#range)
      return this.#engine.publish(this.#range, extras)
    } catch (error) {
      return rejected(error)
    }
  }

  /** Resolves when there is room: at once below `bufferBytesMax`, else when an eighth of it is free. */
  ready(): Promise<void> {
    return this.#engine.ready()
  }

  /** Resolves when every record taken before the call is acknowledged; rejects if one never will be. */
  flush(): Promise<void> {
    return this.#engine.flush()
  }

  /** Calls `listener` for every acknowledgement, in the order of the records. */
  onAck(listener: (ack: ProducerAck) => void): Unlisten {
    return this.#engine.ackListeners.add(listener)
  }

  /** Calls `listener` when the producer fails for good: at most once, after which it takes nothing. */
  onError(listener: (error: TailraceError) => void): Unlisten {
    return this.#engine.errorListeners.add(listener)
  }

  /**
   * Takes nothing more, and resolves when everything is acknowledged and the producer closed. Rejects when
   * records were lost. Idempotent.
   */
  close(): Promise<void> {
    return this.#engine.close()
  }

  /** As `close`, but silent about a failure that `flush`, `ready`, `send` or `onError` have reported. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine.dispose()
  }
}
