/**
 * Records and bytes per second over the last few seconds.
 *
 * A ring of short slots: old slots fall out as time goes on, so the rate sinks to zero when nothing
 * comes, and a single burst does not linger.
 */

/** What came per second. */
export interface Rate {
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

interface Slot {
  index: number
  records: number
  bytes: number
}

const SLOT_MS = 250
const SLOT_COUNT = 12
const MS_PER_SECOND = 1000

/** Measures one stream of arrivals. Times are milliseconds that never go back. */
export class RateMeter {
  readonly #slots: readonly Slot[] = Array.from({ length: SLOT_COUNT }, () => ({
    index: -1,
    records: 0,
    bytes: 0,
  }))
  readonly #startMs: number

  constructor(startMs: number) {
    this.#startMs = startMs
  }

  /** Counts an arrival at `nowMs`. */
  add(records: number, bytes: number, nowMs: number): void {
    const index = Math.floor(nowMs / SLOT_MS)
    const slot = this.#slots[index % SLOT_COUNT]
    if (slot === undefined) return
    if (slot.index !== index) {
      slot.index = index
      slot.records = 0
      slot.bytes = 0
    }
    slot.records += records
    slot.bytes += bytes
  }

  /** The rate of the last three seconds, or of the time since the start when that is shorter. */
  rate(nowMs: number): Rate {
    const endIndex = Math.floor(nowMs / SLOT_MS)
    let records = 0
    let bytes = 0
    for (const slot of this.#slots) {
      if (slot.index <= endIndex - SLOT_COUNT || slot.index < 0) continue
      records += slot.records
      bytes += slot.bytes
    }
    const seconds = this.#spanMs(nowMs, endIndex) / MS_PER_SECOND
    return { recordsPerSecond: records / seconds, bytesPerSecond: bytes / seconds }
  }

  /** The time the slots stand for, never less than one slot. */
  #spanMs(nowMs: number, endIndex: number): number {
    const oldestMs = Math.max(this.#startMs, (endIndex - SLOT_COUNT + 1) * SLOT_MS)
    return Math.max(SLOT_MS, nowMs - oldestMs)
  }
}
