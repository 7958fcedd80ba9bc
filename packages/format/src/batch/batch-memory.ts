/**
 * The memory in which a batch comes about: each value is copied once, to where it stays, and the column that
 * says where it ends is written beside.
 *
 * ```
 *   0       frontStart                       #start            #end
 *   | free  | prefix | header | columns      | value | value   | keys, headers, padding | free |
 *           ◀───── written at the build ────▶                   ◀─ written at the build ▶
 * ```
 *
 * What comes before the values is as long as their number, which is known only at the build. So room is
 * left for as much as earlier batches needed; where that is too little, the values are moved, once.
 *
 * Memory is not cleared: whoever builds writes every byte of the batch, padding included.
 */

import { copyRange } from '../bytes/copy-bytes.js'
import { GrowableBytes } from '../bytes/growable-bytes.js'
import { COLUMN_ENTRY_BYTES } from './batch-descriptor.js'

const NO_BYTES = new Uint8Array(0)

/** Room in front of the first batch: prefix and header, and a column with an entry for every 64 bytes. */
const FRONT_BYTES_MIN = 128
const VALUE_BYTES_PER_FRONT_BYTE = 16

/** Gives memory of at least so many bytes, of any content, at the start of an ArrayBuffer. */
export type AllocateBytes = (sizeBytes: number) => Uint8Array<ArrayBuffer>

/** The values of one batch, with room around them. */
export class BatchMemory {
  readonly #allocate: AllocateBytes
  readonly #capacityBytes: number
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES
  readonly #ends = new GrowableBytes()
  #frontBytes: number
  #start: number
  #end: number
  /** Up to here in `#bytes` values go the short way; 0 for none. */
  #shortEnd = 0

  /** Memory for `capacityBytes` of values is taken with the first of them; more when it is needed. */
  constructor(capacityBytes: number, allocate: AllocateBytes) {
    this.#allocate = allocate
    this.#capacityBytes = capacityBytes
    this.#frontBytes = FRONT_BYTES_MIN + Math.ceil(capacityBytes / VALUE_BYTES_PER_FRONT_BYTE)
    this.#start = this.#frontBytes
    this.#end = this.#frontBytes
  }

  /** The memory itself; without bytes before the first value, and after `release`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  /** Where the values begin in `bytes`. */
  get start(): number {
    return this.#start
  }

  /** Bytes of all values. */
  get size(): number {
    return this.#end - this.#start
  }

  /** How many there are. */
  get count(): number {
    return this.#ends.size / COLUMN_ENTRY_BYTES
  }

  /**
   * Copies `source[start, end)`, which lies in `source`, behind the others, if the short way is open and there is
   * room; else does nothing and returns false. What most records need: two comparisons and the copy.
   */
  appendShort(source: Uint8Array, start: number, end: number): boolean {
    const ends = this.#ends
    const endNow = this.#end + end - start
    if (endNow > this.#shortEnd || ends.size === ends.bytes.length) return false
    copyRange({ source, start, end }, this.#bytes, this.#end)
    ends.view.setUint32(ends.size, endNow - this.#start, true)
    ends.size += COLUMN_ENTRY_BYTES
    this.#end = endNow
    return true
  }

  /** The same, and makes the room. */
  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#end + length > this.#bytes.length) {
      this.#moveTo(this.#start, Math.max(length, this.#bytes.length))
    }
    copyRange({ source, start, end }, this.#bytes, this.#end)
    this.#end += length
    this.#ends.appendU32(this.#end - this.#start)
  }

  /**
   * Opens the short way if all that fits into the memory and the column as they are, with `bytesPerValue` for
   * each value, stays within `bytesMax`. It closes when the values are dropped or moved.
   */
  openShortWay(bytesMax: number, bytesPerValue: number): void {
    const countMax = this.#ends.bytes.length / COLUMN_ENTRY_BYTES
    const isWithin = this.#bytes.length + countMax * bytesPerValue <= bytesMax
    this.#shortEnd = isWithin ? this.#bytes.length : 0
  }

  closeShortWay(): void {
    this.#shortEnd = 0
  }

  /** Copies the column of where values end to `at`; returns the position behind it. */
  copyEndsTo(target: Uint8Array, at: number): number {
    return this.#ends.copyTo(target, at)
  }

  /** Makes sure of `frontBytes` directly before the values and `backBytes` directly behind them. */
  reserve(frontBytes: number, backBytes: number): void {
    const isRoomInFront = frontBytes <= this.#start
    if (isRoomInFront && this.#end + backBytes <= this.#bytes.length) return
    // A quarter more, so that the next batch does not have to move for a few records.
    if (!isRoomInFront) this.#frontBytes = frontBytes + (frontBytes >>> 2)
    this.#moveTo(Math.max(frontBytes, this.#start), backBytes)
  }

  /** Drops the values; keeps the memory. */
  clear(): void {
    this.#start = this.#frontBytes
    this.#end = this.#frontBytes
    this.#shortEnd = 0
    this.#ends.clear()
  }

  /** Drops the values and lets the memory go, which belongs to whoever holds `bytes`. */
  release(): void {
    this.#bytes = NO_BYTES
    this.clear()
  }

  #moveTo(start: number, backBytes: number): void {
    const { size } = this
    const bytes = this.#allocate(start + Math.max(size + backBytes, this.#capacityBytes))
    bytes.set(this.#bytes.subarray(this.#start, this.#end), start)
    this.#bytes = bytes
    this.#start = start
    this.#end = start + size
    this.#shortEnd = 0
  }
}
