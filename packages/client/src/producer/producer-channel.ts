/**
 * The way of a producer's batches to the server, over as many channels as it takes.
 *
 * Whatever is not acknowledged when a channel is lost is sent again on the next, under the new
 * producer epoch and with the old sequences, so that the log recognises what it already has: those
 * batches come back as duplicates, with the offsets they were given the first time.
 *
 * A new channel after a loss begins slowly: one batch, and for each batch that is acknowledged two. So there is progress even if connections break sooner than everything could be sent
 * again, and a server that refuses for want of space is asked with one batch and not with all of them.
 */

import { restampProducer, type ProducerStamp, type TailraceError } from '@tailrace/format'
import {
  decodeOpenProducerReply,
  FRAME_PREFIX_BYTES,
  FrameType,
  OFFSET_UNKNOWN,
  writeFramePrefix,
  type AckEntry,
  type OpenProducerReply,
  type OpenProducerRequest,
} from '@tailrace/protocol'

import type { Link } from '../connection/link.js'
import { ReopeningChannel, type ChannelTenant } from '../connection/reopening-channel.js'
import type { Session } from '../connection/session.js'
import type { Outbox, OutgoingBatch } from './outbox.js'
import { epochGrowth, reconcileSequence, sequenceAfter } from './sequence.js'

/** Batches that were acknowledged together. */
export interface ProducerAck {
  /** Offset of the first record, or `OFFSET_UNKNOWN` for duplicates the log has lost track of. */
  readonly baseOffset: number
  readonly recordCount: number
  /** The log had these records already: an earlier attempt had succeeded. */
  readonly isDuplicate: boolean
  /** They have survived an fdatasync. */
  readonly isDurable: boolean
}

/** Which producer, of which stream. */
export interface ProducerChannelConfig {
  readonly stream: string
  /** Undefined for an anonymous one. */
  readonly name: string | undefined
  /** Whether to make the stream if it does not exist. */
  readonly create: boolean
}

/** What a channel tells the producer. */
export interface ProducerChannelEvents {
  /** There is room and nothing sealed is left: what is due may be sealed now. */
  onRoom(): void
  onOpened(reply: OpenProducerReply): void
  onAcknowledged(ack: ProducerAck): void
  /** The batch is acknowledged: its bytes are not needed any more. */
  onBatchDone(batch: OutgoingBatch): void
  /** Refused for good, or the session is over: the last call. */
  onFailed(error: TailraceError): void
}

/** What a channel needs. */
export interface ProducerChannelOptions {
  readonly session: Session
  readonly config: ProducerChannelConfig
  readonly outbox: Outbox
  readonly events: ProducerChannelEvents
}

/** Sends the batches of an outbox and takes their acknowledgements. */
export class ProducerChannel implements ChannelTenant<OpenProducerReply> {
  readonly #config: ProducerChannelConfig
  readonly #outbox: Outbox
  readonly #events: ProducerChannelEvents
  readonly #channel: ReopeningChannel<OpenProducerReply>
  #identity: OpenProducerReply | undefined
  #openAttempts = 0
  /** Batches in flight that the present channel may have as yet. */
  #inFlightBound = Infinity
  #nextSequence = 0
  #isPumping = false

  constructor({ session, config, outbox, events }: ProducerChannelOptions) {
    this.#config = config
    this.#outbox = outbox
    this.#events = events
    this.#channel = new ReopeningChannel(session, this)
  }

  /** What the server said when the producer was last opened; undefined before. */
  get identity(): OpenProducerReply | undefined {
    return this.#identity
  }

  /** The refusal that is being waited out; undefined when all is well. */
  get refusal(): TailraceError | undefined {
    return this.#channel.refusal
  }

  /** Opens as soon as there is a link. Only the first call does anything. */
  start(): void {
    this.#channel.start()
  }

  /** Ends. Resolves when the server has closed the channel, or the link is gone. */
  stop(): Promise<void> {
    return this.#channel.stop()
  }

  /** The producer fields of the next batch, which holds `recordCount` records. */
  takeStamp(recordCount: number): ProducerStamp {
    const { producerId = 0, producerEpoch = 0 } = this.#identity ?? {}
    const baseSequence = this.#nextSequence
    this.#nextSequence = sequenceAfter(baseSequence, recordCount)
    return { producerId, producerEpoch, baseSequence }
  }

  /** Sends what there is room for. Batches of one call leave together where the socket can do that. */
  pump(): void {
    const { link } = this.#channel
    if (link === undefined || this.#isPumping) return
    this.#isPumping = true
    let batch = this.#nextToSend(link)
    if (batch !== undefined) {
      link.cork()
      for (; batch !== undefined; batch = this.#nextToSend(link)) this.#sendBatch(link, batch)
      link.uncork()
    }
    this.#isPumping = false
  }

  // --- the channel's events ---

  requestChannel(link: Link, onReply: (reply: OpenProducerReply) => void): Promise<void> {
    this.#openAttempts += 1
    return link.request({
      type: FrameType.OPEN_PRODUCER,
      message: this.#openRequest(),
      onReply: (frame) => onReply(decodeOpenProducerReply(frame.body)),
    })
  }

  onChannelOpen(reply: OpenProducerReply): void {
    this.#adopt(reply)
    this.#events.onOpened(reply)
    this.pump()
  }

  onChannelLost(): void {
    this.#outbox.rewind()
    this.#inFlightBound = 1
  }

  onChannelFailed(error: TailraceError): void {
    this.#events.onFailed(error)
  }

  onWritable(): void {
    this.pump()
  }

  /** A producer's channel carries nothing towards the client but acknowledgements and errors. */
  onFrame(): boolean {
    return false
  }

  onAck({ throughOrdinal, baseOffset, isDuplicate, isDurable }: AckEntry): void {
    const batchCount = this.#outbox.countThrough(throughOrdinal)
    let nextOffset = baseOffset
    let recordCount = 0
    for (let i = 0; i < batchCount; i += 1) {
      const batch = this.#outbox.shift()
      if (batch === undefined) break
      batch.waiters?.resolve(nextOffset)
      recordCount += batch.recordCount
      if (nextOffset !== OFFSET_UNKNOWN) nextOffset += batch.recordCount
      this.#events.onBatchDone(batch)
    }
    this.#channel.noteProgress()
    this.#inFlightBound += batchCount
    this.#events.onAcknowledged({ baseOffset, recordCount, isDuplicate, isDurable })
  }

  // --- sending ---

  #nextToSend(link: Link): OutgoingBatch | undefined {
    const bound = Math.min(link.limits.inFlightBatchesMax, this.#inFlightBound)
    if (this.#outbox.inFlightCount >= bound) return undefined
    if (link.isCongested) return undefined
    if (this.#outbox.unsentCount === 0) this.#events.onRoom()
    return this.#outbox.peekUnsent()
  }

  #sendBatch(link: Link, { frame }: OutgoingBatch): void {
    const argument = this.#outbox.markSent()
    const channel = this.#channel.number
    writeFramePrefix(frame, 0, { type: FrameType.PUBLISH, channel, argument })
    link.send(frame)
  }

  // --- opening ---

  #openRequest(): OpenProducerRequest {
    const { stream, name, create } = this.#config
    const producerId = name === undefined ? this.#identity?.producerId : undefined
    return {
      stream,
      ...(name === undefined ? {} : { name }),
      ...(producerId === undefined ? {} : { producerId }),
      // A stream that was deleted since is not made anew: what it held is gone.
      ...(create && this.#identity === undefined ? { create } : {}),
    }
  }

  /** Puts everything that is not acknowledged under the identity that the server gave. */
  #adopt(reply: OpenProducerReply): void {
    const firstSequence = this.#outbox.oldest?.baseSequence ?? this.#nextSequence
    const start = reconcileSequence({
      epochGrowth: epochGrowth(this.#identity?.producerEpoch ?? 0, reply.producerEpoch),
      openAttempts: this.#openAttempts,
      isSameProducer: this.#identity?.producerId === reply.producerId,
      isNamed: this.#config.name !== undefined,
      stream: this.#config.stream,
      lastSequence: reply.lastSequence,
      firstSequence,
      nextSequence: this.#nextSequence,
    })
    this.#identity = reply
    this.#openAttempts = 0
    this.#nextSequence = start
    this.#outbox.update((batch) => this.#restamp(batch))
  }

  #restamp(batch: OutgoingBatch): OutgoingBatch {
    const stamp = this.takeStamp(batch.recordCount)
    restampProducer(batch.frame.subarray(FRAME_PREFIX_BYTES), stamp)
    return { ...batch, baseSequence: stamp.baseSequence }
  }
}
