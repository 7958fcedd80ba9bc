/**
 * One area of a batch being built beside its values: the bytes of all keys or all headers, and the column
 * that says where each record's part ends.
 *
 * ```
 *   ends   | 3 | 3 | 7 |          record 0 has [0, 3), record 1 nothing, record 2 [3, 7)
 *   data   | a a a | b b b b |
 * ```
 */

import { GrowableBytes } from '../bytes/growable-bytes.js'
import { COLUMN_ENTRY_BYTES } from './batch-descriptor.js'

/** Data and ends of one area. Unused until {@link RecordArea.begin}. */
export class RecordArea {
  readonly #data = new GrowableBytes()
  readonly #ends = new GrowableBytes()
  #isUsed = false

  /** Whether the batch has this column. */
  get isUsed(): boolean {
    return this.#isUsed
  }

  get dataBytes(): number {
    return this.#data.size
  }

  /** Begins the column, if it is not begun: the `recordCount` records before have nothing in it. */
  begin(recordCount: number): void {
    if (this.#isUsed) return
    this.#isUsed = true
    this.#ends.appendZeros(recordCount * COLUMN_ENTRY_BYTES)
  }

  /** Adds bytes to the current record. */
  append(source: Uint8Array): void {
    this.#data.append(source)
  }

  /** Ends the current record, which may have nothing in this area. */
  endRecord(): void {
    this.#ends.appendU32(this.#data.size)
  }

  copyEndsTo(target: Uint8Array, at: number): number {
    return this.#ends.copyTo(target, at)
  }

  copyDataTo(target: Uint8Array, at: number): number {
    return this.#data.copyTo(target, at)
  }

  clear(): void {
    this.#isUsed = false
    this.#data.clear()
    this.#ends.clear()
  }
}
