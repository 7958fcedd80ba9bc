/**
 * The acknowledgements of one connection between two turns.
 *
 * Whatever is acknowledged during a turn, on whichever channel, leaves in one ACK message at its end.
 * Batches of a channel whose offsets follow one another share an entry, so a producer that has the
 * stream for itself costs 16 bytes a turn however much it published.
 *
 * Does not know when a batch may be acknowledged; producers decide that and then come here.
 */

import { AckFrameBuilder, OFFSET_UNKNOWN, type AckEntry } from '@tailrace/protocol'

/** The channel an acknowledgement is for. */
export interface AckTarget {
  readonly id: number
  /** `batchCount` more batches of this channel have been acknowledged to the client. */
  acknowledged(batchCount: number): void
}

/** One batch that may be acknowledged. */
export interface BatchAck {
  readonly ordinal: number
  /** Offset of its first record, or `OFFSET_UNKNOWN`. */
  readonly baseOffset: number
  /** Offset behind its last record; means nothing when `baseOffset` is unknown. */
  readonly endOffset: number
  readonly isDuplicate: boolean
  readonly isDurable: boolean
}

/** Contiguous batches of one channel. */
interface AckRun extends AckEntry {
  readonly target: AckTarget
  throughOrdinal: number
  endOffset: number
  batchCount: number
}

/** Entries of one ACK message; more go into a second one. */
const ENTRIES_PER_FRAME_MAX = 4096

/** Acknowledgements that wait for the end of the turn. */
export class AckQueue {
  readonly #send: (frame: Uint8Array) => void
  readonly #builder = new AckFrameBuilder()
  #runs: AckRun[] = []
  /** The latest run of each channel: the only one that may still grow. */
  readonly #latest = new Map<AckTarget, AckRun>()

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send
  }

  /** Queues an acknowledgement. Those of one channel come in the order of their ordinals. */
  add(target: AckTarget, ack: BatchAck): void {
    const latest = this.#latest.get(target)
    if (latest !== undefined && continues(latest, ack)) {
      latest.throughOrdinal = ack.ordinal
      latest.endOffset = ack.endOffset
      latest.batchCount += 1
      return
    }
    const { ordinal: throughOrdinal, baseOffset, endOffset, isDuplicate, isDurable } = ack
    const run: AckRun = {
      target,
      channel: target.id,
      throughOrdinal,
      baseOffset,
      endOffset,
      isDuplicate,
      isDurable,
      batchCount: 1,
    }
    this.#runs.push(run)
    this.#latest.set(target, run)
  }

  /** Sends everything queued: nothing, one message, or more only beyond 4096 entries. */
  flush(): void {
    if (this.#runs.length === 0) return
    const runs = this.#runs
    this.#runs = []
    this.#latest.clear()
    for (const run of runs) {
      this.#builder.append(run)
      run.target.acknowledged(run.batchCount)
      if (this.#builder.entryCount === ENTRIES_PER_FRAME_MAX) this.#send(this.#builder.build())
    }
    if (this.#builder.entryCount > 0) this.#send(this.#builder.build())
  }
}

function continues(run: AckRun, ack: BatchAck): boolean {
  return (
    run.endOffset === ack.baseOffset &&
    run.isDuplicate === ack.isDuplicate &&
    run.isDurable === ack.isDurable &&
    // What follows an unknown offset cannot be said to follow it.
    run.baseOffset !== OFFSET_UNKNOWN &&
    ack.baseOffset !== OFFSET_UNKNOWN
  )
}
