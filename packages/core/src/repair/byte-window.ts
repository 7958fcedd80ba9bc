/**
 * A part of a file in memory, moved along as it is read: a segment of any size in a bounded buffer.
 *
 * The buffer is kept from file to file and grows to the longest batch that was met, at most to twice the
 * longest there can be.
 */
import type { SourceFile } from './file-source.js'

/** Bytes read at once when less is asked for. */
export const WINDOW_BYTES = 2 * 1024 * 1024

/** Memory that several windows use, one after the other. */
export class WindowBuffer {
  #bytes: Uint8Array = new Uint8Array(0)

  /** At least `length` bytes; what was in the memory before is gone. */
  take(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length)
    return this.#bytes.subarray(0, length)
  }
}

/** A window that slides over a file of any size. */
export class ByteWindow {
  readonly #file: SourceFile
  readonly #buffer: WindowBuffer
  readonly #onRead: (endPosition: number) => void
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0
  #sizeBytes: number

  /** @param onRead - hears of each part of the file that was read, for progress and cancelling. */
  constructor(file: SourceFile, buffer: WindowBuffer, onRead: (endPosition: number) => void) {
    this.#file = file
    this.#buffer = buffer
    this.#onRead = onRead
    this.#sizeBytes = file.sizeBytes
  }

  /** The bytes at hand: valid until the next {@link hold}. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Size of the file; less than at first once the file was found to be cut. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Where a position of the file lies in {@link bytes}. */
  at(position: number): number {
    return position - this.#start
  }

  /** The position of the file at a place of {@link bytes}. */
  positionOf(at: number): number {
    return at + this.#start
  }

  /** True when `[position, position + length)` is at hand, or as much of it as the file has. */
  holds(position: number, length: number): boolean {
    const end = Math.min(position + length, this.#sizeBytes)
    return position >= this.#start && end <= this.#start + this.#bytes.length
  }

  /** Makes sure that `[position, position + length)` is at hand, or up to the end of the file. */
  async hold(position: number, length: number): Promise<void> {
    if (!this.holds(position, length)) await this.reload(position, length)
  }

  /** As {@link hold}, but reads the file again: a writer may have changed it. */
  async reload(position: number, length: number): Promise<void> {
    const wanted = Math.max(length, WINDOW_BYTES)
    const available = Math.max(0, Math.min(wanted, this.#sizeBytes - position))
    const target = this.#buffer.take(available)
    const count = available === 0 ? 0 : await this.#file.read(target, position)
    if (count < available) this.#sizeBytes = position + count
    this.#bytes = target.subarray(0, count)
    this.#start = position
    this.#onRead(position + count)
  }
}
