/**
 * Memory for a producer's batches, used again once they are acknowledged.
 *
 * A batch is built in it, sent from it, and kept in it for a resend. Fresh memory for each would be cleared,
 * touched for the first time and collected as garbage: a good part of what sending costs. What was used last
 * is used first, because it may still be in the processor's cache.
 */

/** Pieces that are kept when nothing is in flight. */
const RESTING_COUNT_MAX = 8

/** Idle memory, all pieces of the same size. */
export class FrameMemory {
  readonly #idleBytesMax: number
  readonly #idle: Uint8Array<ArrayBuffer>[] = []
  #sizeBytes = 0

  constructor(idleBytesMax: number) {
    this.#idleBytesMax = idleBytesMax
  }

  /** Pieces that are idle. */
  get idleCount(): number {
    return this.#idle.length
  }

  /** Memory of this size, of any content. A size other than before makes the idle pieces useless. */
  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    if (sizeBytes !== this.#sizeBytes) {
      this.#sizeBytes = sizeBytes
      this.#idle.length = 0
    }
    return this.#idle.pop() ?? new Uint8Array(sizeBytes)
  }

  /** Takes memory back, of which nobody uses a part any more. Memory that did not come from here is fine. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength !== this.#sizeBytes) return
    if ((this.#idle.length + 1) * this.#sizeBytes > this.#idleBytesMax) return
    this.#idle.push(new Uint8Array(buffer))
  }

  /** Nothing is in flight: lets go of what only a steady stream of batches needs. */
  rest(): void {
    if (this.#idle.length > RESTING_COUNT_MAX) this.#idle.length = RESTING_COUNT_MAX
  }
}
