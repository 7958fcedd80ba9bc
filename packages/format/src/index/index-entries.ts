/**
 * The entries of a sparse index, in memory as in the file.
 *
 * The log appends an entry every few KiB of a segment and looks entries up to find where to start
 * scanning. Kept as bytes: an entry costs 16 bytes, not an object, and writing the file is a copy.
 *
 * Entries go up in all three columns: `relativeOffset` and `position` strictly, `appendTimeUs`
 * weakly. Look-ups rely on it. They return an index, −1 when every entry is behind the target; the
 * caller scans forward from that entry's position. O(log n), allocate nothing.
 */

import { readU64, writeU64 } from '../bytes/u64.js'
import { GrowableBytes } from '../bytes/growable-bytes.js'
import { assert } from '../errors/assertion.js'
import {
  ENTRY_APPEND_TIME_AT,
  ENTRY_POSITION_AT,
  ENTRY_RELATIVE_OFFSET_AT,
  INDEX_ENTRY_BYTES,
} from './index-descriptor.js'

/** Where a batch lies in a segment, and when it was appended. */
export interface IndexEntry {
  /** The batch's base offset minus that of the segment; u32. */
  readonly relativeOffset: number
  /** Where the batch begins in the segment file; u32. */
  readonly position: number
  /** The batch's append time, µs since 1970. */
  readonly appendTimeUs: number
}

/** A growing list of index entries with look-ups by offset and by time. */
export class IndexEntries {
  readonly #entries: GrowableBytes

  /** Makes an empty list with room for `capacity` entries; more is made when needed. */
  constructor(capacity = 0) {
    this.#entries = new GrowableBytes(capacity * INDEX_ENTRY_BYTES)
  }

  /** Takes over encoded entries; copies them. Their order is the decoder's to check. */
  static from(bytes: Uint8Array): IndexEntries {
    const entries = new IndexEntries(bytes.length / INDEX_ENTRY_BYTES)
    entries.#entries.append(bytes)
    return entries
  }

  /** How many entries there are. */
  get count(): number {
    return this.#entries.size / INDEX_ENTRY_BYTES
  }

  /** The entries as in the file: a view, valid until the next append. */
  bytes(): Uint8Array {
    return this.#entries.bytes.subarray(0, this.#entries.size)
  }

  /**
   * Appends an entry.
   *
   * @throws {AssertionError} when a field is out of its range or the entry is not behind the last one
   */
  append({ relativeOffset, position, appendTimeUs }: IndexEntry): void {
    assert(relativeOffset >>> 0 === relativeOffset, 'relativeOffset is a u32')
    assert(position >>> 0 === position, 'position is a u32')
    assert(Number.isSafeInteger(appendTimeUs) && appendTimeUs >= 0, 'a time is a safe integer')
    const last = this.count - 1
    if (last >= 0) {
      assert(relativeOffset > this.relativeOffset(last), 'index offsets increase')
      assert(position > this.position(last), 'index positions increase')
      assert(appendTimeUs >= this.appendTimeUs(last), 'append times do not decrease')
    }
    const at = this.#entries.size
    this.#entries.appendZeros(INDEX_ENTRY_BYTES)
    const view = this.#entries.view
    view.setUint32(at + ENTRY_RELATIVE_OFFSET_AT, relativeOffset, true)
    view.setUint32(at + ENTRY_POSITION_AT, position, true)
    writeU64(view, at + ENTRY_APPEND_TIME_AT, appendTimeUs)
  }

  /**
   * The batch's base offset minus that of the segment, of entry `i`.
   *
   * @throws {RangeError} when `i` is not in [0, count)
   */
  relativeOffset(i: number): number {
    return this.#entries.view.getUint32(this.#at(i) + ENTRY_RELATIVE_OFFSET_AT, true)
  }

  /**
   * Where the batch of entry `i` begins in the segment.
   *
   * @throws {RangeError} when `i` is not in [0, count)
   */
  position(i: number): number {
    return this.#entries.view.getUint32(this.#at(i) + ENTRY_POSITION_AT, true)
  }

  /**
   * The append time of the batch of entry `i`, µs since 1970.
   *
   * @throws {RangeError} when `i` is not in [0, count)
   */
  appendTimeUs(i: number): number {
    return readU64(this.#entries.view, this.#at(i) + ENTRY_APPEND_TIME_AT)
  }

  /** The last entry with a relative offset ≤ `relativeOffset`, −1 when there is none. */
  findOffset(relativeOffset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.relativeOffset(middle) <= relativeOffset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /**
   * The last entry with an append time below `timeUs`, −1 when there is none.
   *
   * Below, not at: batches of the same microsecond may lie before the first entry that has it.
   */
  findTime(timeUs: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.appendTimeUs(middle) < timeUs) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #at(i: number): number {
    if (i >>> 0 === i && i < this.count) return i * INDEX_ENTRY_BYTES
    throw new RangeError(`entry ${i} is not in [0, ${this.count})`)
  }
}
