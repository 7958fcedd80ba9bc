/**
 * Memory for messages that are being received, lent by turns to all connections of a server.
 *
 * A connection takes a buffer with the first byte of a message and gives it back with the last, so that
 * idle ones hold none, and a bulk transfer goes through memory that is warm and that no garbage
 * collection has to find.
 */

/** Bytes of a buffer: room for a client's usual batches with the frame around them. */
export const MESSAGE_BUFFER_BYTES = 256 * 1024

/** How many idle buffers are kept. */
const IDLE_COUNT_MAX = 16

/** Buffers of MESSAGE_BUFFER_BYTES. */
export class MessageBuffers {
  readonly #idle: Uint8Array[] = []

  /** A buffer of any content. */
  take(): Uint8Array {
    return this.#idle.pop() ?? new Uint8Array(MESSAGE_BUFFER_BYTES)
  }

  /** Gives a buffer back, of which no view is in use any more. */
  giveBack(buffer: Uint8Array): void {
    if (this.#idle.length < IDLE_COUNT_MAX) this.#idle.push(buffer)
  }
}
