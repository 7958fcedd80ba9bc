/**
 * A producer without types: takes encoded records, bounds what waits, and knows who waits for what.
 *
 * Records are collected into batches (`BatchAccumulator`), which wait in an `Outbox` until the
 * `ProducerChannel` has had them acknowledged. Records are taken whatever the connection does, until
 * the producer is closed or has failed.
 *
 * Apart from `Producer`, which knows about values and codecs, because `stream.publish` calls of several
 * codecs share one of these.
 */

import {
  ConnectionError,
  LimitError,
  type RecordOptions,
  type TailraceError,
} from '@tailrace/format'
import { FRAME_PREFIX_BYTES, OFFSET_UNKNOWN, type OpenProducerReply } from '@tailrace/protocol'

import type { EncodedRange } from '../codecs/codec.js'
import type { Session } from '../connection/session.js'
import type { Timer } from '../io/clock.js'
import { createDeferred, type Deferred } from '../util/deferred.js'
import { Listeners } from '../util/listeners.js'
import { AckPolling } from './ack-polling.js'
import { BatchAccumulator, type BatchLimits } from './batch-accumulator.js'
import { FlushWaiters } from './flush-waiters.js'
import { FrameMemory } from './frame-memory.js'
import { Outbox, type OutgoingBatch } from './outbox.js'
import {
  ProducerChannel,
  type ProducerAck,
  type ProducerChannelConfig,
  type ProducerChannelEvents,
} from './producer-channel.js'

/** A producer's complete configuration. */
export interface ProducerConfig extends ProducerChannelConfig, BatchLimits {
  /** How long a record may wait for others; 0 = until the end of the event loop's turn. */
  readonly lingerMs: number
  /** Bytes not acknowledged above which `send` returns false. */
  readonly bufferBytesMax: number
  /** Whether to look for acknowledgements instead of sleeping while `publish` calls wait. */
  readonly busyPolling: boolean
}

/** Full batches waiting to be sent that are worth sending before the turn ends. */
const EAGER_BATCHES = 4

/** How far beyond `bufferBytesMax` an application that ignores `false` may go. */
const OVERRUN_FACTOR = 2

/**
 * How full the buffer may still be when `ready` resolves. Who then fills it up again keeps the event loop from
 * sending and from reading acknowledgements meanwhile: half a buffer at a time had both sides wait for each
 * other, a sixth of the throughput.
 */
const READY_FRACTION = 7 / 8

/** The machine behind a producer. */
export class ProducerEngine implements ProducerChannelEvents {
  readonly ackListeners = new Listeners<ProducerAck>()
  readonly errorListeners = new Listeners<TailraceError>()
  readonly #session: Session
  readonly #config: ProducerConfig
  readonly #memory: FrameMemory
  readonly #accumulator: BatchAccumulator
  readonly #outbox = new Outbox()
  readonly #channel: ProducerChannel
  readonly #flushes = new FlushWaiters()
  readonly #polling: AckPolling | undefined
  readonly #onEnded: () => void
  #opened: Deferred<OpenProducerReply> | undefined
  #ready: Deferred<undefined> | undefined
  #closing: Promise<void> | undefined
  #failure: TailraceError | undefined
  #isFailureTold = false
  #isCloseAwaited = false
  /** What is collected should go as soon as there is room. */
  #isDue = false
  #isFlushScheduled = false
  #lingerTimer: Timer | undefined
  #sentCount = 0
  #acknowledgedCount = 0
  #lastOffset = -1

  /** `onEnded` is called once, when it is closed or has failed. */
  constructor(session: Session, config: ProducerConfig, onEnded: () => void) {
    this.#session = session
    this.#config = config
    this.#onEnded = onEnded
    const { clock, atEndOfTurn } = session.options.environment
    const memory = new FrameMemory(config.bufferBytesMax, clock)
    if (config.busyPolling) {
      this.#polling = new AckPolling({
        atEndOfTurn,
        nowMs: () => clock.elapsedMs(),
        isDone: () => this.#acknowledgedCount === this.#sentCount || this.#failure !== undefined,
      })
    }
    this.#memory = memory
    this.#accumulator = new BatchAccumulator(config, clock, (sizeBytes) => memory.take(sizeBytes))
    this.#channel = new ProducerChannel({ session, config, outbox: this.#outbox, events: this })
  }

  /** Records taken. */
  get sentCount(): number {
    return this.#sentCount
  }

  /** Records acknowledged. */
  get acknowledgedCount(): number {
    return this.#acknowledgedCount
  }

  /** The highest offset acknowledged; −1 before the first. */
  get lastOffset(): number {
    return this.#lastOffset
  }

  /** Bytes that are not acknowledged yet, those being collected included. */
  get bufferedBytes(): number {
    return this.#outbox.sizeBytes + this.#accumulator.sizeBytes
  }

  /** What the server said when the producer was last opened; undefined before. */
  get identity(): OpenProducerReply | undefined {
    return this.#channel.identity
  }

  /** The refusal that is being waited out; undefined when all is well. */
  get refusal(): TailraceError | undefined {
    return this.#channel.refusal
  }

  /** Why it failed, if it did. */
  get failure(): TailraceError | undefined {
    return this.#failure
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** Opens the producer on the server. Resolves when it has been opened for the first time. */
  open(): Promise<OpenProducerReply> {
    if (this.#failure !== undefined) return this.#rejected(this.#failure)
    if (this.isClosed) return Promise.reject(this.#closedError())
    if (this.identity !== undefined) return Promise.resolve(this.identity)
    this.#opened ??= createDeferred()
    this.#channel.start()
    return this.#opened.promise
  }

  /** Takes a record; false when the buffer is full. The hot path: no promise, closure or object. */
  send(value: EncodedRange, options: RecordOptions | undefined): boolean {
    if (options === undefined && this.#accumulator.appendPlain(value)) {
      this.#sentCount += 1
      return true
    }
    const { bufferBytesMax } = this.#config
    if (this.bufferedBytes >= bufferBytesMax * OVERRUN_FACTOR) throw this.#overrunError()
    this.#append(value, options)
    this.#afterAppend()
    return this.bufferedBytes < bufferBytesMax
  }

  /** Takes a record; the promise is that of its offset. Never refuses for want of room. */
  publish(value: EncodedRange, options: RecordOptions | undefined): Promise<number> {
    this.#append(value, options)
    const offset = this.#accumulator.waitForLast()
    this.#polling?.stirred()
    this.#afterAppend()
    return offset
  }

  /** Resolves when there is room, and once there was none, when an eighth of the buffer is free. */
  ready(): Promise<void> {
    if (this.#failure !== undefined) return this.#rejected(this.#failure)
    if (this.bufferedBytes < this.#config.bufferBytesMax) return Promise.resolve()
    this.#ready ??= createDeferred()
    this.#sendCollected()
    return this.#ready.promise
  }

  /** Resolves when every record taken so far is acknowledged. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) this.#isFailureTold = true
    return this.#allAcknowledged()
  }

  /** Flushes, then closes. Takes nothing more from now on. Idempotent. */
  close(): Promise<void> {
    this.#isCloseAwaited = true
    return this.#closeOnce()
  }

  /** As `close`, but silent about a failure that somebody has been told of already. */
  async dispose(): Promise<void> {
    try {
      await this.#closeOnce()
    } catch (error) {
      if (!this.#isFailureTold && !this.#isCloseAwaited) throw error
    }
  }

  // --- the channel's events ---

  onRoom(): void {
    if (this.#isDue && this.#accumulator.recordCount > 0) this.#seal()
  }

  onOpened(reply: OpenProducerReply): void {
    this.#opened?.resolve(reply)
  }

  onBatchDone({ frame }: OutgoingBatch): void {
    this.#memory.giveBack(frame)
  }

  onAcknowledged(ack: ProducerAck): void {
    this.#acknowledgedCount += ack.recordCount
    if (ack.baseOffset !== OFFSET_UNKNOWN) this.#lastOffset = ack.baseOffset + ack.recordCount - 1
    this.#flushes.resolveThrough(this.#acknowledgedCount)
    this.#settleReady()
    this.ackListeners.emit(ack)
  }

  onFailed(cause: TailraceError): void {
    const error = this.#explained(cause)
    this.#failure = error
    const isAwaited = this.#ready !== undefined || (this.#flushes.count > 0 && !this.isClosed)
    const untoldCount = this.#rejectUnacknowledged(error)
    this.#isFailureTold = untoldCount === 0 || isAwaited || this.errorListeners.count > 0
    this.#flushes.rejectAll(error)
    this.#opened?.reject(error)
    this.#ready?.reject(error)
    this.errorListeners.emit(error)
    this.#end()
  }

  // --- taking records ---

  #append(value: EncodedRange, options: RecordOptions | undefined): void {
    if (this.#failure !== undefined) throw this.#reported(this.#failure)
    if (this.isClosed) throw this.#closedError()
    if (!this.#accumulator.fits(value.end - value.start, options)) this.#seal()
    this.#accumulator.append(value, options, this.#batchBytesMax())
    this.#sentCount += 1
  }

  #afterAppend(): void {
    // Not before the value was copied: to open the channel, a message is encoded, perhaps in the buffer
    // in which the value lies.
    if (this.#sentCount === 1) this.#channel.start()
    if (this.#accumulator.isFull) {
      this.#seal()
      if (this.#outbox.unsentCount >= EAGER_BATCHES) this.#channel.pump()
    }
    if (!this.#isFlushScheduled) this.#scheduleFlush()
    const { bufferBytesMax, batchBytesMax } = this.#config
    // The batch may reach the limit of the buffer before it is full: each record has to look.
    if (this.#outbox.sizeBytes + batchBytesMax >= bufferBytesMax) this.#accumulator.closeShortWay()
  }

  #seal(): void {
    const stamp = this.#channel.takeStamp(this.#accumulator.recordCount)
    this.#outbox.push(this.#accumulator.seal(stamp))
    this.#isDue = false
  }

  #scheduleFlush(): void {
    const { atEndOfTurn, clock } = this.#session.options.environment
    this.#isFlushScheduled = true
    if (this.#config.lingerMs === 0) atEndOfTurn(this.#onLingerOver)
    else this.#lingerTimer = clock.after(this.#config.lingerMs, this.#onLingerOver)
  }

  readonly #onLingerOver = (): void => {
    this.#isFlushScheduled = false
    this.#accumulator.closeShortWay()
    this.#sendCollected()
  }

  /** Sends what is collected, full or not, now or as soon as there is room. */
  #sendCollected(): void {
    this.#isDue = this.#accumulator.recordCount > 0
    this.#channel.pump()
  }

  /** What the server takes, which may be less than what the format allows. */
  #batchBytesMax(): number {
    const { batchBytesMax, frameBytesMax } = this.#session.limits
    return Math.min(batchBytesMax, frameBytesMax - FRAME_PREFIX_BYTES)
  }

  // --- the end ---

  #allAcknowledged(): Promise<void> {
    if (this.#acknowledgedCount === this.#sentCount) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const flushed = this.#flushes.add(this.#sentCount)
    this.#sendCollected()
    return flushed
  }

  #closeOnce(): Promise<void> {
    this.#accumulator.closeShortWay()
    this.#closing ??= this.#flushAndStop()
    return this.#closing
  }

  async #flushAndStop(): Promise<void> {
    await this.#allAcknowledged()
    this.#opened?.reject(this.#closedError())
    if (this.#failure !== undefined) return
    this.#end()
    await this.#channel.stop()
  }

  #end(): void {
    this.#lingerTimer?.cancel()
    this.#memory.close()
    this.#onEnded()
  }

  /** Gives up all records; returns how many of them nobody has a promise for. */
  #rejectUnacknowledged(error: TailraceError): number {
    let untoldCount = this.#sentCount - this.#acknowledgedCount
    const waiters = this.#outbox.drain().map((batch) => batch.waiters)
    waiters.push(this.#accumulator.discard())
    for (const waiter of waiters) {
      untoldCount -= waiter?.count ?? 0
      waiter?.reject(error)
    }
    return untoldCount
  }

  /** Who gives up on what a refusal held up is told of it: "closed" alone would not help anybody. */
  #explained(error: TailraceError): TailraceError {
    const { refusal } = this
    if (refusal === undefined || error.code !== 'CLIENT_CLOSED') return error
    const count = this.#sentCount - this.#acknowledgedCount
    return new ConnectionError(
      'CLIENT_CLOSED',
      `${error.message} while ${count} records for stream "${this.#config.stream}" waited, because the server says: ${refusal.message} (${refusal.code})`,
      { details: { ...error.details, unacknowledgedCount: count }, cause: refusal },
    )
  }

  #settleReady(): void {
    if (this.#ready === undefined) return
    if (this.bufferedBytes > this.#config.bufferBytesMax * READY_FRACTION) return
    this.#ready.resolve(undefined)
    this.#ready = undefined
  }

  #rejected(error: TailraceError): Promise<never> {
    return Promise.reject(this.#reported(error))
  }

  #reported(error: TailraceError): TailraceError {
    this.#isFailureTold = true
    return error
  }

  #closedError(): TailraceError {
    return new ConnectionError(
      'PRODUCER_CLOSED',
      `the producer of stream "${this.#config.stream}" was closed`,
    )
  }

  #overrunError(): TailraceError {
    const { stream, bufferBytesMax } = this.#config
    const { bufferedBytes } = this
    return new LimitError(
      'THROTTLED',
      `the producer of stream "${stream}" holds ${bufferedBytes} bytes, ${OVERRUN_FACTOR} times its bufferBytesMax of ${bufferBytesMax}: await ready() when send() returns false`,
      { details: { stream, bufferedBytes, bufferBytesMax } },
    )
  }
}
