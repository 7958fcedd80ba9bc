/**
 * A byte buffer that grows by doubling and keeps its memory when cleared.
 *
 * The batch builder and the index collect what they will write in such buffers, already in the
 * little-endian form of the file, so that building is one copy per area.
 */

const CAPACITY_BYTES_MIN = 64

/** Bytes appended so far: `bytes[0, size)`. The rest of `bytes` is capacity with stale content. */
export class GrowableBytes {
  bytes: Uint8Array<ArrayBuffer>
  /** Over exactly the same memory as `bytes`; both are replaced when the buffer grows. */
  view: DataView<ArrayBuffer>
  size = 0

  constructor(capacityBytes = 0) {
    this.bytes = new Uint8Array(Math.max(capacityBytes, CAPACITY_BYTES_MIN))
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `extraBytes` behind `size`. Amortised O(1) per byte. */
  reserve(extraBytes: number): void {
    if (this.size + extraBytes > this.bytes.length) this.#grow(this.size + extraBytes)
  }

  append(source: Uint8Array): void {
    this.reserve(source.length)
    this.bytes.set(source, this.size)
    this.size += source.length
  }

  appendU32(value: number): void {
    this.reserve(4)
    this.view.setUint32(this.size, value, true)
    this.size += 4
  }

  appendF64(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.size, value, true)
    this.size += 8
  }

  appendZeros(count: number): void {
    this.reserve(count)
    this.bytes.fill(0, this.size, this.size + count)
    this.size += count
  }

  /** Copies `[0, size)` into `target` and returns the position behind it. */
  copyTo(target: Uint8Array, at: number): number {
    target.set(this.bytes.subarray(0, this.size), at)
    return at + this.size
  }

  clear(): void {
    this.size = 0
  }

  #grow(neededBytes: number): void {
    const bytes = new Uint8Array(Math.max(neededBytes, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.size))
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }
}
