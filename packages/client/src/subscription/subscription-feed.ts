/**
 * The records of a subscription as one verified sequence of batches, whatever becomes of the connection.
 *
 * What arrives is queued as it is and looked at when the consumer asks for it; credit is given back
 * when it has been taken. When a channel is lost, what is queued stays, and the next channel goes on
 * behind it, in the known epoch and towards the stop that was resolved at first. So the consumer
 * never sees a connection, only: a batch, a gap, nothing yet, or the end.
 */

import { LimitError, RequestError, type TailraceError } from '@tailrace/format'
import {
  decodeCaughtUpBody,
  decodeEndNotice,
  decodeGapNotice,
  decodeSubscribeReply,
  encodeCreditFrame,
  FrameType,
  type EndNotice,
  type Frame,
  type SubscribeReply,
  type SubscribeRequest,
} from '@tailrace/protocol'

import type { Link } from '../connection/link.js'
import { ReopeningChannel, type ChannelTenant } from '../connection/reopening-channel.js'
import type { Session } from '../connection/session.js'
import { CreditWindow } from './credit-window.js'
import type { BatchSlice } from './record-batch.js'
import { measureRun, RunReader } from './run-reader.js'
import type { Gap, SubscriptionConfig } from './subscribe-options.js'

/** What the consumer meets next. */
export type FeedStep =
  | { readonly kind: 'batch'; readonly slice: BatchSlice }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'nothing-yet' }
  | { readonly kind: 'end'; readonly error: TailraceError | undefined }

type Arrival =
  | { readonly kind: 'start'; readonly offset: number }
  | { readonly kind: 'run'; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'end'; readonly error: TailraceError | undefined }

/** What a feed tells the subscription. */
export interface FeedEvents {
  /** The server has resolved start and stop; once. */
  onStarted(reply: SubscribeReply): void
  /** The server has refused for good, or the session is over; `next` will say so too, in its place. */
  onFailed(error: TailraceError): void
  /** There is something new: `next` may say something else now. */
  onArrival(): void
}

const NOTHING_YET: FeedStep = { kind: 'nothing-yet' }

const NO_RUN = new Uint8Array(0)

/** Runs up to this are overwritten when they are given back: who keeps a part by mistake is to see it at once. */
const OVERWRITTEN_BYTES_MAX = 16 * 1024

/** What they are overwritten with. */
const OVERWRITTEN_WITH = 0xdd

/** Brings the batches of one subscription. */
export class SubscriptionFeed implements ChannelTenant<SubscribeReply> {
  readonly #session: Session
  readonly #config: SubscriptionConfig
  readonly #events: FeedEvents
  readonly #channel: ReopeningChannel<SubscribeReply>
  readonly #reader: RunReader
  readonly #window: CreditWindow
  readonly #arrivals: Arrival[] = []
  /** What the reader is at. */
  #run: Uint8Array = NO_RUN
  /** Whether somebody may have kept a part of it. */
  #isRunKept = false
  /** The run that was given back last. */
  #givenBack: Uint8Array | undefined
  /** Where the next channel goes on; undefined until the first one was open. */
  #resumeOffset: number | undefined
  #stopOffset: number | null = null
  #epoch: number | undefined
  #visibleOffset = 0
  #caughtUpOffset = Infinity

  constructor(session: Session, config: SubscriptionConfig, events: FeedEvents) {
    this.#session = session
    this.#config = config
    this.#events = events
    this.#channel = new ReopeningChannel(session, this)
    this.#reader = new RunReader(config.stream)
    this.#window = new CreditWindow(config.windowBytes)
  }

  /** The epoch of the stream; undefined before the start. */
  get epoch(): number | undefined {
    return this.#epoch
  }

  /** Records below it are known to be visible. */
  get visibleOffset(): number {
    return this.#visibleOffset
  }

  /** What was visible when the server last had nothing left to send; Infinity before. */
  get caughtUpOffset(): number {
    return this.#caughtUpOffset
  }

  /** Bytes received and not taken. */
  get heldBytes(): number {
    return this.#window.heldBytes
  }

  /** Subscribes as soon as there is a link. */
  start(): void {
    this.#channel.start()
  }

  /** Ends the subscription on the server too, and drops what is queued. */
  stop(): Promise<void> {
    this.#arrivals.length = 0
    return this.#channel.stop()
  }

  /**
   * Takes the next step. A run whose last batch was handed out before counts as taken from now on; when all who
   * took from it give back, its memory is used again.
   *
   * @throws {FormatError | ProtocolError} what was received is damaged or out of order.
   */
  next(taker: 'keeps' | 'gives back'): FeedStep {
    for (;;) {
      if (this.#reader.isAtStop) {
        this.#releaseRun()
        return { kind: 'end', error: undefined }
      }
      if (!this.#reader.isAtEnd) {
        const slice = this.#reader.next()
        this.#visibleOffset = Math.max(this.#visibleOffset, slice.view.nextOffset)
        if (slice.endIndex === slice.firstIndex) continue
        if (taker === 'keeps') this.#isRunKept = true
        return { kind: 'batch', slice }
      }
      this.#releaseRun()
      this.#grantCredit()
      const arrival = this.#arrivals.shift()
      if (arrival === undefined) return NOTHING_YET
      if (arrival.kind === 'end') return arrival
      if (arrival.kind === 'gap') return { kind: 'gap', gap: this.#reader.skip(arrival.gap) }
      this.#begin(arrival)
    }
  }

  // --- the channel's events ---

  requestChannel(link: Link, onReply: (reply: SubscribeReply) => void): Promise<void> {
    const creditBytes = this.#window.begin(this.#session.limits.windowBytesMax)
    return link.request({
      type: FrameType.SUBSCRIBE,
      message: { ...this.#startRequest(), creditBytes },
      onReply: (frame) => onReply(decodeSubscribeReply(frame.body)),
    })
  }

  onChannelOpen(reply: SubscribeReply): void {
    const isFirst = this.#epoch === undefined
    this.#epoch = reply.epoch
    this.#visibleOffset = Math.max(this.#visibleOffset, reply.visibleOffset)
    if (reply.stopOffset !== null && this.#stopOffset === null) {
      this.#stopOffset = reply.stopOffset
      this.#reader.stopAt(reply.stopOffset)
    }
    this.#checkStart(reply)
    this.#arrivals.push({ kind: 'start', offset: reply.startOffset })
    this.#channel.noteProgress()
    this.#grantCredit()
    if (isFirst) this.#events.onStarted(reply)
    this.#events.onArrival()
  }

  onChannelLost(): void {
    const offset = this.#keepWhole()
    this.#resumeOffset = offset
    if (this.#stopOffset === null || offset < this.#stopOffset) return
    // Everything up to the stop is here already: there is nothing to go on for.
    this.#channel.detach()
    this.#arrive({ kind: 'end', error: undefined })
  }

  onChannelFailed(error: TailraceError): void {
    // The application closed the client: it does not want what is queued either.
    if (error.code === 'CLIENT_CLOSED') this.#arrivals.length = 0
    this.#events.onFailed(error)
    this.#arrive({ kind: 'end', error })
  }

  onFrame(frame: Frame): boolean {
    switch (frame.type) {
      case FrameType.DELIVER:
        return this.#onRun(frame.body)
      case FrameType.GAP:
        this.#arrive({ kind: 'gap', gap: decodeGapNotice(frame.body) })
        return true
      case FrameType.CAUGHT_UP:
        this.#caughtUpOffset = decodeCaughtUpBody(frame.body)
        this.#visibleOffset = Math.max(this.#visibleOffset, this.#caughtUpOffset)
        this.#events.onArrival()
        return true
      case FrameType.END:
        this.#onEnd(decodeEndNotice(frame.body))
        return true
      default:
        // The link hands out no others.
        return false
    }
  }

  /** A subscription's channel has no acknowledgements. */
  onAck(): void {}

  /** What a subscription sends is small and never waits. */
  onWritable(): void {}

  // --- starting ---

  #startRequest(): Omit<SubscribeRequest, 'creditBytes'> {
    const { stream, from, stop, onOutOfRange } = this.#config
    if (this.#resumeOffset === undefined) {
      return { stream, from, onOutOfRange, ...(stop === undefined ? {} : { stop }) }
    }
    const resumeStop = this.#stopOffset === null ? stop : { offset: this.#stopOffset }
    return {
      stream,
      from: { offset: this.#resumeOffset },
      // A gap is not overlooked: it is seen in where the server begins.
      onOutOfRange: this.#skipsGaps() ? 'clamp' : 'strict',
      epoch: this.#epoch,
      ...(resumeStop === undefined ? {} : { stop: resumeStop }),
    }
  }

  /** Tells of a gap when the server begins behind the offset that was asked for. */
  #checkStart({ startOffset, visibleOffset }: SubscribeReply): void {
    const { from, stream } = this.#config
    const due = this.#resumeOffset ?? ('offset' in from ? from.offset : startOffset)
    if (startOffset > due) {
      this.#arrivals.push({ kind: 'start', offset: due })
      this.#arrivals.push({ kind: 'gap', gap: { from: due, to: startOffset, reason: 'retention' } })
    } else if (startOffset < due && this.#resumeOffset !== undefined) {
      throw new RequestError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${due}, where the subscription was to go on, is above the end offset ${startOffset} (stream "${stream}")`,
        { details: { stream, offset: due, endOffset: startOffset, visibleOffset } },
      )
    }
  }

  #skipsGaps(): boolean {
    return this.#config.onGap !== undefined || this.#config.onOutOfRange === 'clamp'
  }

  // --- arrivals ---

  /** Returns whether it was taken and given back already. */
  #onRun(bytes: Uint8Array): boolean {
    this.#window.receive(bytes.byteLength)
    this.#arrive({ kind: 'run', bytes })
    const isGivenBack = this.#givenBack === bytes
    this.#givenBack = undefined
    return isGivenBack
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival)
    this.#events.onArrival()
  }

  #begin(arrival: Extract<Arrival, { kind: 'start' | 'run' }>): void {
    if (arrival.kind === 'start') {
      this.#reader.startAt(arrival.offset)
    } else {
      this.#run = arrival.bytes
      this.#isRunKept = false
      this.#reader.load(arrival.bytes)
    }
  }

  /** The last batch of a run has been taken: it counts no more, and its memory is free if nobody keeps it. */
  #releaseRun(): void {
    const run = this.#run
    this.#window.release(run.byteLength)
    this.#run = NO_RUN
    if (this.#isRunKept || run === NO_RUN) return
    if (run.byteLength <= OVERWRITTEN_BYTES_MAX) run.fill(OVERWRITTEN_WITH)
    this.#givenBack = run
  }

  #grantCredit(): void {
    const { link, number } = this.#channel
    const limit = link === undefined ? undefined : this.#window.grant()
    if (limit !== undefined) link?.send(encodeCreditFrame(number, limit))
  }

  /** Keeps what is queued as far as it is whole; returns the offset behind it. */
  #keepWhole(): number {
    let offset = this.#reader.keepWhole()
    for (const [index, arrival] of this.#arrivals.entries()) {
      if (arrival.kind === 'start') offset = arrival.offset
      else if (arrival.kind === 'gap') offset = arrival.gap.to
      else if (arrival.kind === 'run') {
        const { offset: end, wholeBytes } = measureRun(arrival.bytes, offset)
        if (wholeBytes < arrival.bytes.byteLength) {
          this.#dropFrom(index)
          return offset
        }
        offset = end
      }
    }
    return offset
  }

  #dropFrom(index: number): void {
    for (const arrival of this.#arrivals.splice(index)) {
      if (arrival.kind === 'run') this.#window.release(arrival.bytes.byteLength)
    }
  }

  #onEnd({ reason, offset }: EndNotice): void {
    const { stream } = this.#config
    if (reason === 'closing') {
      this.#channel.refuse(
        new LimitError('SHUTTING_DOWN', `the server is closing (stream "${stream}")`),
      )
      return
    }
    this.#channel.detach()
    if (reason === 'stop') this.#arrive({ kind: 'end', error: undefined })
    else this.#arrive({ kind: 'end', error: streamDeleted(stream, offset) })
  }
}

function streamDeleted(stream: string, offset: number): TailraceError {
  return new RequestError(
    'STREAM_NOT_FOUND',
    `stream "${stream}" was deleted, offset ${offset} would have been next`,
    { details: { stream, offset } },
  )
}
