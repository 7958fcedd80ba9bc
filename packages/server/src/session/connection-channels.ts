/**
 * The channels of one connection: producers and subscriptions, and what they have to say.
 *
 * Owns the numbers, the acknowledgements of a turn and the delivery pump. Everything a channel says goes
 * through here onto the socket in the order that the protocol promises: acknowledgements before the
 * refusal behind them, nothing after the last word.
 *
 * Numbers go up from 1 to 65535 and then round, so that one is not given out again while frames for
 * its former owner may still be on their way.
 */

import { LimitError, type TailraceError } from '@tailrace/format'
import { CHANNEL_MAX, encodeControlFrame, ERROR_FLAG_CHANNEL, FrameType } from '@tailrace/protocol'

import { AckQueue, type BatchAck } from '../publish/ack-queue.js'
import {
  ProducerChannel,
  type ProducerChannelEvents,
  type Refusal,
} from '../publish/producer-channel.js'
import type { ServerServices } from '../server-services.js'
import type { ProducerHandle, StreamLog } from '../storage/storage-port.js'
import { DeliveryPump, type DeliveryPumpEvents } from '../subscribe/delivery-pump.js'
import type { StopCondition } from '../subscribe/stop-condition.js'
import { Subscription } from '../subscribe/subscription.js'
import { errorFrame } from './error-frame.js'
import type { FrameSocket } from './frame-socket.js'
import type { TurnTask } from './turn-scheduler.js'

/** A producer or a subscription. */
export type Channel = ProducerChannel | Subscription

/** What is needed to open a subscription, apart from its log. */
export interface SubscriptionStart {
  readonly startOffset: number
  readonly stop: StopCondition
  readonly creditBytes: number
}

/** The open channels of a connection. */
export class ConnectionChannels implements ProducerChannelEvents, DeliveryPumpEvents, TurnTask {
  readonly #services: ServerServices
  readonly #socket: FrameSocket
  readonly #open = new Map<number, Channel>()
  readonly #acks: AckQueue
  readonly #pump: DeliveryPump
  #lastId = 0
  /** Whether the numbers have gone round, so that each of them was given out once. */
  #hasWrapped = false

  constructor(services: ServerServices, socket: FrameSocket) {
    this.#services = services
    this.#socket = socket
    this.#acks = new AckQueue((frame) => socket.send(frame))
    this.#pump = new DeliveryPump(socket, services.limits.frameBytesMax, this)
  }

  /** The open channel of this number. */
  get(id: number): Channel | undefined {
    return this.#open.get(id)
  }

  /** Whether the number was ever given out, to a channel that may be closed by now. */
  wasGivenOut(id: number): boolean {
    return id > 0 && (this.#hasWrapped || id <= this.#lastId)
  }

  /** @throws {LimitError} TOO_MANY_SUBSCRIPTIONS when the connection has all the channels it may have. */
  assertRoom(): void {
    const { channelsMax } = this.#services.limits
    if (this.#open.size < channelsMax) return
    throw new LimitError(
      'TOO_MANY_SUBSCRIPTIONS',
      `${this.#open.size} channels are open on the connection, at most ${channelsMax} may be`,
      { details: { channelCount: this.#open.size, channelsMax } },
    )
  }

  /** Opens a channel for a producer of `log`. Call `assertRoom` in the same turn before. */
  openProducer(log: StreamLog, handle: ProducerHandle): ProducerChannel {
    const { limits, checker, watches } = this.#services
    const channel = new ProducerChannel({
      id: this.#nextId(),
      watch: watches.acquire(log),
      handle,
      checker,
      inFlightBatchesMax: limits.inFlightBatchesMax,
      events: this,
    })
    this.#open.set(channel.id, channel)
    return channel
  }

  /** Opens a channel for a subscription to `log`, which is served from the end of this turn on. */
  openSubscription(log: StreamLog, start: SubscriptionStart): Subscription {
    const reader = log.reader(start.startOffset)
    const subscription = new Subscription({
      ...start,
      id: this.#nextId(),
      watch: this.#services.watches.acquire(log),
      reader,
      onWake: (woken) => this.#pump.enqueue(woken),
    })
    this.#open.set(subscription.id, subscription)
    this.#pump.enqueue(subscription)
    return subscription
  }

  /** Raises a subscription's credit. */
  grant(subscription: Subscription, limitBytes: number): void {
    if (subscription.grant(limitBytes)) this.#pump.enqueue(subscription)
  }

  /** Closes a channel because the client asked for it; `onClosed` comes when its last word is said. */
  closeByClient(id: number, onClosed: () => void): void {
    const channel = this.#open.get(id)
    if (channel?.kind === 'producer') {
      channel.finish(onClosed)
      return
    }
    if (channel !== undefined) this.#close(channel)
    onClosed()
  }

  /** Says ERROR on a channel and closes it if it is open. */
  fail(id: number, error: TailraceError): void {
    const channel = this.#open.get(id)
    if (channel !== undefined) this.#close(channel)
    this.#sendError(id, 0, error)
  }

  /** Takes nothing more on any producer; resolves when all that was taken has been acknowledged. */
  async finishProducers(): Promise<void> {
    const producers = [...this.#open.values()].filter((channel) => channel.kind === 'producer')
    await Promise.all(
      producers.map((producer) => new Promise<void>((done) => producer.finish(done))),
    )
  }

  /** Says END to every subscription, because the server closes. */
  endSubscriptions(): void {
    this.#acks.flush()
    for (const channel of [...this.#open.values()]) {
      if (channel.kind !== 'subscription') continue
      const notice = { reason: 'closing', offset: channel.nextOffset } as const
      this.#socket.send(encodeControlFrame(FrameType.END, { channel: channel.id }, notice))
      this.#close(channel)
    }
  }

  /** Closes everything without another word: the connection is gone. */
  closeAll(): void {
    for (const channel of [...this.#open.values()]) this.#close(channel)
    this.#services.scheduler.cancel(this)
  }

  /** Sends the acknowledgements that wait for the end of the turn. */
  flushAcks(): void {
    this.#acks.flush()
  }

  /** Tells the pump that the socket has got rid of something. */
  flushed(): void {
    this.#pump.flushed()
  }

  runTurn(): number {
    this.#acks.flush()
    return this.#pump.run()
  }

  onAck(channel: ProducerChannel, ack: BatchAck): void {
    this.#acks.add(channel, ack)
    this.#services.scheduler.schedule(this)
  }

  onEnd(channel: ProducerChannel, refusal: Refusal | undefined): void {
    this.#open.delete(channel.id)
    this.#acks.flush()
    if (refusal === undefined) return
    this.#services.logger.debug('refused a batch', {
      code: refusal.error.code,
      reason: refusal.error.message,
    })
    this.#sendError(channel.id, refusal.ordinal, refusal.error)
  }

  onReady(): void {
    this.#services.scheduler.schedule(this)
  }

  onEnded(subscription: Subscription): void {
    this.#close(subscription)
  }

  onFailed(subscription: Subscription, error: TailraceError): void {
    this.#services.logger.warn('a subscription failed', { code: error.code, reason: error.message })
    this.fail(subscription.id, error)
  }

  #close(channel: Channel): void {
    this.#open.delete(channel.id)
    channel.close()
    if (channel.kind === 'subscription') this.#pump.remove(channel)
  }

  #sendError(channel: number, argument: number, error: TailraceError): void {
    this.#socket.send(errorFrame(error, { flags: ERROR_FLAG_CHANNEL, channel, argument }))
  }

  #nextId(): number {
    do {
      this.#lastId += 1
      if (this.#lastId > CHANNEL_MAX) {
        this.#lastId = 1
        this.#hasWrapped = true
      }
    } while (this.#open.has(this.#lastId))
    return this.#lastId
  }
}
