/**
 * Memory for a producer's batches, used again once they are acknowledged.
 *
 * A batch is built in it, sent from it, and kept in it for a resend. Fresh memory for each would be cleared,
 * touched for the first time and collected as garbage: a good part of what sending costs. What was used last
 * is used first, because it may still be in the processor's cache.
 *
 * What a second has not needed goes. Not what is idle when everything is acknowledged: a fast server has a steady
 * stream there many times a second, and each time all would be made anew.
 */

import type { Clock, Timer } from '../io/clock.js'

/** Pieces that are kept however long nothing is sent. */
const RESTING_COUNT_MAX = 8
/** How long pieces stay idle before they go, at most twice that, in milliseconds. */
const IDLE_MS = 1000

/** Idle memory, all pieces of the same size. */
export class FrameMemory {
  readonly #clock: Pick<Clock, 'after'>
  #idleBytesMax: number
  readonly #idle: Uint8Array<ArrayBuffer>[] = []
  #sizeBytes = 0
  /** The fewest that were idle at a time since the timer was set. */
  #unneededCount = 0
  #timer: Timer | undefined

  constructor(idleBytesMax: number, clock: Pick<Clock, 'after'>) {
    this.#idleBytesMax = idleBytesMax
    this.#clock = clock
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
    const piece = this.#idle.pop()
    this.#unneededCount = Math.min(this.#unneededCount, this.#idle.length)
    return piece ?? new Uint8Array(sizeBytes)
  }

  /** Takes memory back, of which nobody uses a part any more. Memory that did not come from here is fine. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength !== this.#sizeBytes) return
    if ((this.#idle.length + 1) * this.#sizeBytes > this.#idleBytesMax) return
    this.#idle.push(new Uint8Array(buffer))
    if (this.#timer === undefined && this.#idle.length > RESTING_COUNT_MAX) this.#setTimer()
  }

  /** Lets go of everything and keeps nothing from now on. */
  close(): void {
    this.#timer?.cancel()
    this.#idle.length = 0
    this.#idleBytesMax = 0
  }

  #setTimer(): void {
    this.#unneededCount = this.#idle.length
    this.#timer = this.#clock.after(IDLE_MS, () => {
      this.#timer = undefined
      const spareCount = this.#idle.length - RESTING_COUNT_MAX
      // Those that were used longest ago.
      this.#idle.splice(0, Math.max(0, Math.min(this.#unneededCount, spareCount)))
      if (this.#idle.length > RESTING_COUNT_MAX) this.#setTimer()
    })
  }
}
