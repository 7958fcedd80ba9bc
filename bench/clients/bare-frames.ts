/**
 * Frames of the bare pair that hold records: values one behind the other, each with nothing but its length.
 *
 *     0             4
 *     ┌─────────────┬─────────┬─────────────┬─────────┬─────
 *     │ valueLength │ value   │ valueLength │ value   │ …
 *     └─────────────┴─────────┴─────────────┴─────────┴─────
 *
 * That is as many bytes a record as in a batch of ours, whose lengths are a column, and the least that tells
 * values of any length apart. No checksum, no offset, no time.
 */

/** In front of each value. */
export const LENGTH_BYTES = 4

// At hand, as our own builder has it: V8 would look `set` up for each value (format/bytes/copy-bytes.ts).
// eslint-disable-next-line @typescript-eslint/unbound-method -- bound by each call
const { set } = Uint8Array.prototype

/** Takes values, by copying them, until it is full. */
export class BareFrame {
  readonly #bytes: Buffer
  readonly #view: DataView
  #end = 0

  /** @param capacityBytes - the longest frame */
  constructor(capacityBytes: number) {
    // Memory of its own: not a part of Node's pool.
    this.#bytes = Buffer.alloc(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** True before the first value. */
  get isEmpty(): boolean {
    return this.#end === 0
  }

  /** The values so far, in the frame's own memory. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  /** Whether a value of this length can still be appended. */
  hasRoomFor(valueLength: number): boolean {
    return this.#end + LENGTH_BYTES + valueLength <= this.#bytes.length
  }

  /** Copies a value for which there is room. */
  append(value: Uint8Array): void {
    const start = this.#end + LENGTH_BYTES
    this.#view.setUint32(this.#end, value.length, true)
    set.call(this.#bytes, value, start)
    this.#end = start + value.length
  }

  /** Lets go of the values; the memory is used again. */
  clear(): void {
    this.#end = 0
  }
}

/** How many values there are in a frame; it throws a RangeError for one that ends within a length. */
export function countValues(frame: Buffer): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  let count = 0
  for (let at = 0; at < frame.length; at += LENGTH_BYTES + view.getUint32(at, true)) count += 1
  return count
}
