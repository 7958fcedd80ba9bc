/**
 * The memory in which a batch comes about: each value is copied once, to where it stays.
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

const NO_BYTES = new Uint8Array(0)

/** Room in front of the first batch: prefix and header, and a column with an entry for every 64 bytes. */
const FRONT_BYTES_MIN = 128
const VALUE_BYTES_PER_FRONT_BYTE = 16

/** Up to here a loop costs less than the view that `set` needs of a part of an array. */
const LOOP_BYTES_MAX = 24

/** Gives memory of at least so many bytes, of any content, at the start of an ArrayBuffer. */
export type AllocateBytes = (sizeBytes: number) => Uint8Array<ArrayBuffer>

/** The values of one batch, with room around them. */
export class BatchMemory {
  readonly #allocate: AllocateBytes
  readonly #capacityBytes: number
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES
  #frontBytes: number
  #start: number
  #end: number

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

  /** Copies a value behind the others. */
  append(source: Uint8Array): void {
    const end = this.#end + source.length
    if (end > this.#bytes.length) this.#grow(source.length)
    this.#bytes.set(source, this.#end)
    this.#end += source.length
  }

  /** Copies `source[start, end)`, which lies in `source`, behind the others. */
  appendRange(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length > LOOP_BYTES_MAX) {
      // Not `subarray`, which costs three times as much.
      this.append(new Uint8Array(source.buffer, source.byteOffset + start, length))
      return
    }
    if (this.#end + length > this.#bytes.length) this.#grow(length)
    const bytes = this.#bytes
    let at = this.#end
    for (let from = start; from < end; from++) bytes[at++] = source[from] as number
    this.#end = at
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
  }

  /** Drops the values and lets the memory go, which belongs to whoever holds `bytes`. */
  release(): void {
    this.#bytes = NO_BYTES
    this.clear()
  }

  #grow(extraBytes: number): void {
    const doubled = this.#bytes.length === 0 ? 0 : this.#bytes.length
    this.#moveTo(this.#start, Math.max(extraBytes, doubled))
  }

  #moveTo(start: number, backBytes: number): void {
    const { size } = this
    const bytes = this.#allocate(start + Math.max(size + backBytes, this.#capacityBytes))
    bytes.set(this.#bytes.subarray(this.#start, this.#end), start)
    this.#bytes = bytes
    this.#start = start
    this.#end = start + size
  }
}
