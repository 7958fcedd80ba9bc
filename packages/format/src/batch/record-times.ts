/**
 * The records' own times in a batch being built.
 *
 * Times come as absolute µs but are stored as signed 32-bit differences from the batch's
 * `createTimeUs`, which is known only at the build: so they are kept absolute until then. A record
 * without a time of its own has that of the batch.
 */

import { GrowableBytes } from '../bytes/growable-bytes.js'
import { COLUMN_ENTRY_BYTES } from './batch-descriptor.js'

const TIME_BYTES = 8
const DELTA_MIN = -0x8000_0000
const DELTA_MAX = 0x7fff_ffff

/** Times by record; NaN where a record has none. */
export class RecordTimes {
  readonly #times = new GrowableBytes()
  #count = 0
  #earliestUs = Infinity
  #latestUs = -Infinity

  /** Records that have a time of their own. */
  get count(): number {
    return this.#count
  }

  /** Sets the time of record `index`, which is not below any set before. */
  set(index: number, timeUs: number): void {
    while (this.#times.size < index * TIME_BYTES) this.#times.appendF64(NaN)
    this.#times.appendF64(timeUs)
    this.#count++
    this.#earliestUs = Math.min(this.#earliestUs, timeUs)
    this.#latestUs = Math.max(this.#latestUs, timeUs)
  }

  /** Whether all times so far, `timeUs` and `otherUs` (if given) are close enough for one batch. */
  fits(timeUs: number, otherUs = timeUs): boolean {
    const earliestUs = Math.min(this.#earliestUs, timeUs, otherUs)
    const latestUs = Math.max(this.#latestUs, timeUs, otherUs)
    return latestUs - earliestUs <= DELTA_MAX
  }

  /**
   * Chooses the time that the differences are from: `createTimeUs`, or the earliest time.
   *
   * @throws {RangeError} when the times are too far apart for any choice
   */
  baseTime(recordCount: number, createTimeUs: number): number {
    if (this.#count === 0) return createTimeUs
    const isDelta = (timeUs: number) =>
      timeUs - createTimeUs >= DELTA_MIN && timeUs - createTimeUs <= DELTA_MAX
    if (isDelta(this.#earliestUs) && isDelta(this.#latestUs)) return createTimeUs

    const others = this.#count < recordCount ? createTimeUs : this.#earliestUs
    const earliestUs = Math.min(this.#earliestUs, others)
    const spanUs = Math.max(this.#latestUs, others) - earliestUs
    if (spanUs <= DELTA_MAX) return earliestUs
    throw new RangeError(`record times are ${spanUs} µs apart, one batch holds ${DELTA_MAX} µs`)
  }

  /** Writes the column of differences; records without a time get `createTimeUs`. */
  writeDeltas(
    column: DataView,
    recordCount: number,
    { baseTimeUs, createTimeUs }: { readonly baseTimeUs: number; readonly createTimeUs: number },
  ): void {
    for (let i = 0; i < recordCount; i++) {
      const isBehind = i * TIME_BYTES >= this.#times.size
      const timeUs = isBehind ? NaN : this.#times.view.getFloat64(i * TIME_BYTES, true)
      const deltaUs = (Number.isNaN(timeUs) ? createTimeUs : timeUs) - baseTimeUs
      column.setInt32(i * COLUMN_ENTRY_BYTES, deltaUs, true)
    }
  }

  clear(): void {
    this.#times.clear()
    this.#count = 0
    this.#earliestUs = Infinity
    this.#latestUs = -Infinity
  }
}
