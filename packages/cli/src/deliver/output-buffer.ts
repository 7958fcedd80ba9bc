/**
 * A buffer that records are written into before they go to stdout.
 *
 * Grows to hold what one batch needs; is emptied and used again. Its owner decides when it is full.
 */

/** Bytes being put together. */
export class OutputBuffer {
  #bytes: Buffer
  #sizeBytes = 0

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafe(capacityBytes)
  }

  /** Bytes written. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** What was written: a view, valid until the buffer is cleared and written again. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes)
  }

  /** Empties it; the memory stays. */
  clear(): void {
    this.#sizeBytes = 0
  }

  /**
   * Makes room for `sizeBytes` more; returns the bytes to write into, from {@link sizeBytes} on.
   * {@link advance} says afterwards how many were used.
   */
  reserve(sizeBytes: number): Uint8Array {
    const needed = this.#sizeBytes + sizeBytes
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#sizeBytes)
      this.#bytes = larger
    }
    return this.#bytes
  }

  /** Counts everything before `position` as written. */
  advance(position: number): void {
    this.#sizeBytes = position
  }

  /** Writes text as UTF-8. */
  text(text: string): void {
    // A UTF-16 unit becomes three bytes at most.
    this.reserve(text.length * 3)
    this.#sizeBytes += this.#bytes.write(text, this.#sizeBytes, 'utf8')
  }
}
