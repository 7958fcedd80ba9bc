/**
 * The records of the bench: filler, with a number in front, and the checks of what comes back.
 *
 *     0        4        8             16
 *     ┌────────┬────────┬─────────────┬─────────────
 *     │ number │ unused │ due time    │ filler
 *     └────────┴────────┴─────────────┴─────────────
 */
import type { Sink } from './driver.js'

const TIME_AT = 8
const FILLER = 0x2e
/** The shortest record that has room for its time. */
export const TIMED_BYTES_MIN = 16
/** So long without a record, and the run has failed. */
const STALL_MS = 60_000

/** One record that is written over and over. */
export class RecordTemplate {
  readonly value: Uint8Array
  readonly #view: DataView

  constructor(sizeBytes: number) {
    this.value = new Uint8Array(sizeBytes).fill(FILLER)
    this.#view = new DataView(this.value.buffer)
  }

  /** The record with this number; the same array each time. */
  numbered(number: number): Uint8Array {
    this.#view.setUint32(0, number, true)
    return this.value
  }

  /** The same, with the time at which it is due, in milliseconds. */
  timed(number: number, dueMs: number): Uint8Array {
    this.#view.setFloat64(TIME_AT, dueMs, true)
    return this.numbered(number)
  }
}

/** The time that `timed` wrote. */
export function dueTimeOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(TIME_AT, true)
}

/** The number of a record that begins at this place, as 32 bits with a sign. */
export function numberAt(bytes: Uint8Array, start: number): number {
  return (
    (bytes[start] ?? 0) |
    ((bytes[start + 1] ?? 0) << 8) |
    ((bytes[start + 2] ?? 0) << 16) |
    ((bytes[start + 3] ?? 0) << 24)
  )
}

/** Takes records and checks their numbers: none is missing, none comes twice, none out of order. */
export class SequenceCheck implements Sink {
  /** Records so far. */
  count = 0
  bytes = 0
  /** When the last one came, as `performance.now()` says; 0 before. */
  endMs = 0
  /** Resolves with the last record. Rejects at the first wrong one, or when nothing comes any more. */
  readonly done: Promise<void>
  #records: number
  readonly #onRecord: ((value: Uint8Array, number: number) => void) | undefined
  readonly #stalled: NodeJS.Timeout
  #countAtCheck = 0
  #settle: ((error?: Error) => void) | undefined

  constructor(records: number, onRecord?: (value: Uint8Array, number: number) => void) {
    this.#records = records
    this.#onRecord = onRecord
    this.done = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        clearInterval(this.#stalled)
        if (error === undefined) resolve()
        else reject(error)
      }
    })
    this.#stalled = setInterval(() => {
      if (this.count === this.#countAtCheck) {
        this.fail(new Error(`nothing comes after ${this.count} of ${records} records`))
      }
      this.#countAtCheck = this.count
    }, STALL_MS)
    // Somebody who has failed himself does not wait for it.
    this.done.catch(() => undefined)
  }

  // Called once for each record by libraries that take a function: hence not a method.
  readonly take = (value: Uint8Array): void => {
    this.takeAt(value, 0, value.length)
  }

  readonly takeAt = (bytes: Uint8Array, start: number, end: number): void => {
    const number = numberAt(bytes, start)
    if (number !== (this.count | 0)) {
      this.fail(new Error(`record ${this.count} carries number ${number}`))
      return
    }
    this.#onRecord?.(start === 0 ? bytes : bytes.subarray(start, end), number)
    this.count += 1
    this.bytes += end - start
    if (this.count === this.#records) this.#end()
  }

  /** No more than so many records will come, of which some may be there. */
  expect(records: number): void {
    this.#records = records
    if (this.count === records) this.#end()
  }

  readonly fail = (error: Error): void => {
    this.#settle?.(error)
  }

  #end(): void {
    this.endMs = performance.now()
    this.#settle?.()
  }
}
