/**
 * The records of a bench: who sent them, which one it is and when it was sent, then filler.
 *
 * ```
 *     0        4           8          16          24
 *     ┌────────┬───────────┬──────────┬───────────┬─────────
 *     │ run id │ publisher │ number   │ time      │ filler
 *     │ u32    │ u32       │ f64      │ f64, ms   │
 *     └────────┴───────────┴──────────┴───────────┴─────────
 * ```
 *
 * Little-endian. The run id tells the records of this run from others in the stream; the number counts
 * those of one publisher from 0; the time is that at which it was, or should have been, sent.
 */

import { type Codec, type EncodedRange } from '@tailrace/client'

const RUN_ID_AT = 0
const PUBLISHER_AT = RUN_ID_AT + 4
const NUMBER_AT = PUBLISHER_AT + 4
const TIME_AT = NUMBER_AT + 8
const FILLER = 0x2e

/** Bytes of the smallest record that a bench publishes. */
export const RECORD_BYTES_MIN = TIME_AT + 8

/** What a record says. */
export interface BenchRecord {
  /** u32; −1 in what is read from a record that is too short to be one of a bench. */
  runId: number
  /** Index of the publisher. */
  publisher: number
  /** Which of this publisher's records it is, from 0. */
  number: number
  /** When it was due to be sent: ms since 1970, as `nowMs` has it. */
  timeMs: number
  /** Bytes of all of it. */
  sizeBytes: number
}

/**
 * Writes and reads records without an object for each: one buffer is written over and over, and what is
 * read is one object, valid until the next is read. So everybody who publishes or reads needs their own.
 */
export class BenchRecordCodec implements Codec<BenchRecord> {
  readonly name = 'bench'
  readonly #bytes: Uint8Array
  readonly #target: DataView
  readonly #decoded: BenchRecord = { runId: -1, publisher: 0, number: 0, timeMs: 0, sizeBytes: 0 }
  #source: DataView = new DataView(new ArrayBuffer(0))

  /** @param sizeBytes size of the records that are written, at least `RECORD_BYTES_MIN` */
  constructor(sizeBytes: number = RECORD_BYTES_MIN) {
    this.#bytes = new Uint8Array(sizeBytes).fill(FILLER)
    this.#target = new DataView(this.#bytes.buffer)
  }

  encode({ runId, publisher, number, timeMs }: BenchRecord): Uint8Array {
    this.#target.setUint32(RUN_ID_AT, runId, true)
    this.#target.setUint32(PUBLISHER_AT, publisher, true)
    this.#target.setFloat64(NUMBER_AT, number, true)
    this.#target.setFloat64(TIME_AT, timeMs, true)
    return this.#bytes
  }

  encodeInto(record: BenchRecord, target: EncodedRange): void {
    target.bytes = this.encode(record)
    target.start = 0
    target.end = target.bytes.length
  }

  decode(bytes: Uint8Array): BenchRecord {
    return this.decodeRange(bytes, 0, bytes.length)
  }

  decodeRange(bytes: Uint8Array, start: number, end: number): BenchRecord {
    const decoded = this.#decoded
    decoded.sizeBytes = end - start
    decoded.runId = -1
    if (decoded.sizeBytes < RECORD_BYTES_MIN) return decoded
    if (this.#source.buffer !== bytes.buffer) this.#source = new DataView(bytes.buffer)
    const at = bytes.byteOffset + start
    decoded.runId = this.#source.getUint32(at + RUN_ID_AT, true)
    decoded.publisher = this.#source.getUint32(at + PUBLISHER_AT, true)
    decoded.number = this.#source.getFloat64(at + NUMBER_AT, true)
    decoded.timeMs = this.#source.getFloat64(at + TIME_AT, true)
    return decoded
  }
}
