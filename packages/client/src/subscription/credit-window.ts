/**
 * How many bytes a subscription lets the server send: the books of its flow control.
 *
 * ```
 *   received ───────────┬──────────────────────┐
 *   taken by the app    │ held, not taken      │ still to come      ▼ granted (cumulative limit)
 *   ────────────────────┴──────────────────────┴────────────────────
 *                       ◀──────── windowBytes ─────────────────────▶
 * ```
 *
 * What is held and what may still come is never more than the window, but for the rest of one batch,
 * which is always sent whole. New limits are announced only when half of the window is free, so that
 * frames are few. Counting starts anew on each channel; what is held goes on being held.
 */

/** The account of one subscription. */
export class CreditWindow {
  #windowBytes: number
  #receivedBytes = 0
  #heldBytes = 0
  #grantedBytes = 0

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes
  }

  /** Bytes received and not yet taken by the application. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Begins a channel; returns the credit to begin with, at most `windowBytesMax`. */
  begin(windowBytesMax: number): number {
    this.#windowBytes = Math.min(this.#windowBytes, windowBytesMax)
    this.#receivedBytes = 0
    this.#grantedBytes = Math.max(0, this.#windowBytes - this.#heldBytes)
    return this.#grantedBytes
  }

  /** Batches have arrived. */
  receive(bytes: number): void {
    this.#receivedBytes += bytes
    this.#heldBytes += bytes
  }

  /** The application has taken batches. */
  release(bytes: number): void {
    this.#heldBytes -= bytes
  }

  /** The limit to announce now; undefined while it is not worth it. */
  grant(): number | undefined {
    const limit = this.#receivedBytes + this.#windowBytes - this.#heldBytes
    if ((limit - this.#grantedBytes) * 2 < this.#windowBytes) return undefined
    this.#grantedBytes = limit
    return limit
  }
}
