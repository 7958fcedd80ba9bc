/**
 * The batches of a producer that are not acknowledged yet, in order.
 *
 * ```
 *   | sent, not acknowledged | not sent |
 *   head                     nextUnsent   end
 * ```
 *
 * Batches are kept as the bytes that are sent, so that they can be sent again. An ordinal counts the
 * batches of one channel and wraps at 2^32; on a new channel (`rewind`) the oldest batch is number 0
 * and nothing has been sent.
 */

import { ProtocolError } from '@tailrace/format'
import { FRAME_PREFIX_BYTES } from '@tailrace/protocol'

import type { PublishWaiters } from './publish-waiters.js'

/** A sealed batch on its way. */
export interface OutgoingBatch {
  /** Room for the frame's prefix, then the batch. */
  readonly frame: Uint8Array<ArrayBuffer>
  readonly recordCount: number
  /** Sequence of its first record, as in its header. */
  readonly baseSequence: number
  readonly waiters: PublishWaiters | undefined
}

/** Slots of acknowledged batches that may lie in front before the array is moved up. */
const FREE_SLOTS_MAX = 1024

/** A queue of batches with a mark between the sent and the unsent. */
export class Outbox {
  #batches: (OutgoingBatch | undefined)[] = []
  #head = 0
  #nextUnsent = 0
  #headOrdinal = 0
  #sizeBytes = 0

  /** Batches in it. */
  get batchCount(): number {
    return this.#batches.length - this.#head
  }

  /** Batches not yet sent on the present channel. */
  get unsentCount(): number {
    return this.#batches.length - this.#nextUnsent
  }

  /** Batches sent on the present channel and not acknowledged. */
  get inFlightCount(): number {
    return this.#nextUnsent - this.#head
  }

  /** Bytes of all its batches. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** The oldest batch. */
  get oldest(): OutgoingBatch | undefined {
    return this.#batches[this.#head]
  }

  /** Adds a batch at the end, unsent. */
  push(batch: OutgoingBatch): void {
    this.#batches.push(batch)
    this.#sizeBytes += sizeOf(batch)
  }

  /** The next batch to send. */
  peekUnsent(): OutgoingBatch | undefined {
    return this.#batches[this.#nextUnsent]
  }

  /** Counts the next unsent batch as sent; returns its ordinal on the channel. */
  markSent(): number {
    const ordinal = (this.#headOrdinal + this.inFlightCount) >>> 0
    this.#nextUnsent += 1
    return ordinal
  }

  /**
   * How many batches an acknowledgement up to `throughOrdinal` covers.
   *
   * @throws {ProtocolError} MALFORMED_FRAME when it covers none, or one that was not sent.
   */
  countThrough(throughOrdinal: number): number {
    const count = ((throughOrdinal - this.#headOrdinal) >>> 0) + 1
    if (count <= this.inFlightCount) return count
    throw new ProtocolError(
      'MALFORMED_FRAME',
      `an ACK covers batch ${throughOrdinal}, must be one of the ${this.inFlightCount} in flight from ${this.#headOrdinal}`,
    )
  }

  /** Takes the oldest batch, which has been sent, out. */
  shift(): OutgoingBatch | undefined {
    const batch = this.#batches[this.#head]
    if (batch === undefined) return undefined
    this.#batches[this.#head] = undefined
    this.#head += 1
    this.#headOrdinal = (this.#headOrdinal + 1) >>> 0
    this.#sizeBytes -= sizeOf(batch)
    if (this.#head > FREE_SLOTS_MAX && this.#head * 2 > this.#batches.length) this.#moveUp()
    return batch
  }

  /** Begins anew on another channel: nothing sent, ordinals from 0. */
  rewind(): void {
    this.#nextUnsent = this.#head
    this.#headOrdinal = 0
  }

  /** Replaces every batch by what `change` makes of it, oldest first. */
  update(change: (batch: OutgoingBatch) => OutgoingBatch): void {
    this.#moveUp()
    this.#batches = this.#batches.map((batch) => (batch === undefined ? batch : change(batch)))
  }

  /** Takes everything out, oldest first. */
  drain(): readonly OutgoingBatch[] {
    const batches = this.#batches.slice(this.#head).filter((batch) => batch !== undefined)
    this.#batches = []
    this.#head = 0
    this.#nextUnsent = 0
    this.#sizeBytes = 0
    return batches
  }

  #moveUp(): void {
    this.#batches.splice(0, this.#head)
    this.#nextUnsent -= this.#head
    this.#head = 0
  }
}

function sizeOf(batch: OutgoingBatch): number {
  return batch.frame.byteLength - FRAME_PREFIX_BYTES
}
