/**
 * A producer's channel: batches in, acknowledgements and at most one refusal out, in order.
 *
 * States: *open*; *ending* once a batch could not be taken or the client asked to close (what is
 * published after that is dropped); *closed*. The end waits until every batch before it has been
 * acknowledged, so a client never has to guess: what was sent before the refused ordinal is stored,
 * the rest is not.
 *
 * `relaxed`: a batch is acknowledged when it is appended. `fsync`: when the log's durable end has
 * passed it, which the log's watch tells. If the log fails before that, the first batch not yet
 * durable is reported instead, and nothing behind it is acknowledged.
 *
 * Does not know frames or sockets.
 */

import { LimitError, RequestError, StorageError, TailraceError } from '@tailrace/format'
import { OFFSET_UNKNOWN } from '@tailrace/protocol'

import type { DurabilityWaiter, LogWatch } from '../storage/log-watch.js'
import type { AppendResult, ProducerHandle, StreamLog } from '../storage/storage-port.js'
import type { AckTarget, BatchAck } from './ack-queue.js'
import { claimedBatchLength, type BatchChecker } from './batch-checker.js'

const ORDINAL_MODULUS = 0x1_0000_0000

/** A batch that is appended and not yet known to be durable. */
interface PendingAck extends BatchAck {
  /** The durable end at which it may be acknowledged. */
  readonly requiredOffset: number
}

/** Why a channel came to its end, and the first batch that is not acknowledged. */
export interface Refusal {
  readonly ordinal: number
  readonly error: TailraceError
}

/** What a channel tells the connection it is part of. */
export interface ProducerChannelEvents {
  /** A batch may be acknowledged. */
  onAck(channel: ProducerChannel, ack: BatchAck): void
  /** Everything is acknowledged that will be: the channel closes, by a refusal or by the client. */
  onEnd(channel: ProducerChannel, refusal: Refusal | undefined): void
}

/** What a channel is made of. */
export interface ProducerChannelOptions {
  readonly id: number
  /** Released when the channel is closed. */
  readonly watch: LogWatch
  readonly handle: ProducerHandle
  readonly checker: BatchChecker
  readonly inFlightBatchesMax: number
  readonly events: ProducerChannelEvents
}

/** One producer on one connection. */
export class ProducerChannel implements AckTarget, DurabilityWaiter {
  readonly kind = 'producer'
  readonly id: number
  readonly #watch: LogWatch
  readonly #log: StreamLog
  readonly #handle: ProducerHandle
  readonly #checker: BatchChecker
  readonly #inFlightBatchesMax: number
  readonly #events: ProducerChannelEvents
  readonly #isRelaxed: boolean
  #state: 'open' | 'ending' | 'closed' = 'open'
  /** Why the channel ends; undefined when the client asked for it. */
  #refusal: Refusal | undefined
  /** Told when the channel has closed: the client's own requests to do so. */
  #onClosed: (() => void)[] = []
  #nextOrdinal = 0
  /** Batches taken and not yet acknowledged to the client. */
  #inFlightCount = 0
  /** Appended and not yet durable, in the order of their ordinals. */
  #pending: PendingAck[] = []

  constructor(options: ProducerChannelOptions) {
    this.id = options.id
    this.#watch = options.watch
    this.#log = options.watch.log
    this.#handle = options.handle
    this.#checker = options.checker
    this.#inFlightBatchesMax = options.inFlightBatchesMax
    this.#events = options.events
    this.#isRelaxed = this.#log.config.durability === 'relaxed'
  }

  /**
   * Begins a PUBLISH whose first batch has this ordinal; false when the frame is to be dropped, because
   * the channel takes nothing more or because the ordinal is not the next one (which refuses it).
   */
  beginFrame(ordinal: number): boolean {
    if (this.#state !== 'open') return false
    if (ordinal === this.#nextOrdinal) return true
    this.refuseNext(wrongOrdinal(ordinal, this.#nextOrdinal))
    return false
  }

  /**
   * Appends the batches of a PUBLISH body from `position`.
   *
   * Returns where the batch begins that the log has no room for now (call `makeRoom`, then this again),
   * or the end of the body when nothing more is to be done: all is appended, or a batch was refused.
   */
  append(body: Uint8Array, position: number): number {
    let at = position
    do {
      if (this.#state !== 'open') return body.byteLength
      const defect = this.#limitDefect() ?? this.#checker.defectOf(body, at, this.#handle)
      if (defect !== undefined) {
        this.refuseNext(defect)
        return body.byteLength
      }
      const batchLength = claimedBatchLength(body, at)
      if (!this.#appendBatch(body, at, batchLength)) return at
      at += batchLength
    } while (at < body.byteLength)
    return at
  }

  /** Waits for room for the batch at `position` of a body; a failure refuses the batch. */
  async makeRoom(body: Uint8Array, position: number): Promise<void> {
    try {
      await this.#log.makeRoom(claimedBatchLength(body, position))
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.refuseNext(error)
    }
  }

  /** Takes nothing more from the next batch on; says why when all before it are acknowledged. */
  refuseNext(error: TailraceError): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#refusal = { ordinal: this.#nextOrdinal, error }
    this.#settle()
  }

  /**
   * Takes nothing more; calls `onClosed` when everything before has been acknowledged or reported and
   * the channel is closed, which may be now, or when the connection is lost before that.
   */
  finish(onClosed: () => void): void {
    this.#onClosed.push(onClosed)
    if (this.#state === 'open') this.#state = 'ending'
    this.#settle()
  }

  acknowledged(batchCount: number): void {
    this.#inFlightCount -= batchCount
  }

  durabilityChanged(): void {
    this.#settle()
  }

  /** Ends the channel without another word about its batches. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#pending = []
    this.#watch.forget(this)
    this.#watch.release()
    for (const onClosed of this.#onClosed.splice(0)) onClosed()
  }

  /** Returns false when the log has no room now. A refusal by the log ends the channel. */
  #appendBatch(body: Uint8Array, at: number, batchLength: number): boolean {
    const end = at + batchLength
    const isWholeBody = at === 0 && end === body.byteLength
    let result: AppendResult
    try {
      if (!this.#log.hasRoomFor(batchLength)) return false
      result = this.#log.appendBatch(isWholeBody ? body : body.subarray(at, end))
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.refuseNext(error)
      return true
    }
    this.#accepted(result)
    return true
  }

  #accepted(result: AppendResult): void {
    const isOffsetKnown = result.baseOffset >= 0
    const ack: PendingAck = {
      ordinal: this.#nextOrdinal,
      baseOffset: isOffsetKnown ? result.baseOffset : OFFSET_UNKNOWN,
      endOffset: result.endOffset,
      isDuplicate: result.isDuplicate,
      isDurable: !this.#isRelaxed,
      // Where a duplicate lies may be forgotten while it is not yet durable: then all of it must be.
      requiredOffset: isOffsetKnown ? result.endOffset : this.#log.endOffset,
    }
    this.#nextOrdinal = (this.#nextOrdinal + 1) % ORDINAL_MODULUS
    this.#inFlightCount += 1
    if (this.#isRelaxed) {
      this.#watch.visibleAdvanced()
      this.#events.onAck(this, ack)
      return
    }
    this.#pending.push(ack)
    if (this.#pending.length === 1) this.#watch.awaitDurable(this)
    if (ack.requiredOffset <= this.#log.durableOffset) this.#settle()
  }

  /** Acknowledges what has become durable; says how the channel ended once nothing is before that. */
  #settle(): void {
    if (this.#state === 'closed') return
    this.#acknowledgeDurable()
    const lost = this.#pending[0]
    if (lost !== undefined) {
      const failure = failureOf(this.#log)
      if (failure !== undefined) this.#end({ ordinal: lost.ordinal, error: failure })
      return
    }
    this.#watch.forget(this)
    if (this.#state === 'ending') this.#end(this.#refusal)
  }

  #acknowledgeDurable(): void {
    const { durableOffset } = this.#log
    let count = 0
    for (const ack of this.#pending) {
      if (ack.requiredOffset > durableOffset) break
      count += 1
      this.#events.onAck(this, ack)
    }
    if (count > 0) this.#pending.splice(0, count)
  }

  #end(refusal: Refusal | undefined): void {
    this.#events.onEnd(this, refusal)
    this.close()
  }

  #limitDefect(): LimitError | undefined {
    if (this.#inFlightCount < this.#inFlightBatchesMax) return undefined
    return new LimitError(
      'THROTTLED',
      `${this.#inFlightCount + 1} batches are in flight on channel ${this.id}, ` +
        `must be at most ${this.#inFlightBatchesMax}`,
      { details: { inFlightBatchesMax: this.#inFlightBatchesMax, retryAfterMs: 0 } },
    )
  }
}

function wrongOrdinal(actualOrdinal: number, expectedOrdinal: number): RequestError {
  return new RequestError(
    'INVALID_REQUEST',
    `batch has ordinal ${actualOrdinal}, must be ${expectedOrdinal}`,
    { details: { actualOrdinal, expectedOrdinal } },
  )
}

/** Why what is appended to this log will not become durable; undefined while it may. */
function failureOf(log: StreamLog): TailraceError | undefined {
  if (log.failure !== undefined) return log.failure
  if (!log.isClosed) return undefined
  return new StorageError(
    'STREAM_CLOSED',
    `stream "${log.name}" was closed before the batch was durable`,
    {
      details: { stream: log.name },
    },
  )
}
