/** One connection of the fake server: requests, producers and subscriptions. */

import {
  type BatchView,
  forEachBatch,
  inspectProducedBatch,
  RequestError,
  TailraceError,
} from '@tailrace/format'
import {
  decodeCreditBody,
  decodeDeleteRequest,
  decodeDescribeRequest,
  decodeEnsureRequest,
  decodeListRequest,
  decodeOpenProducerRequest,
  decodeSubscribeRequest,
  encodeAckFrame,
  encodeCaughtUpFrame,
  encodeControlFrame,
  encodeErrorFrame,
  encodeFrame,
  encodePongFrame,
  ERROR_FLAG_CHANNEL,
  ERROR_FLAG_REQUEST,
  FrameType,
  type AckEntry,
  type Frame,
} from '@tailrace/protocol'

import type { FakeLog } from './fake-log.js'
import { decodeFromClient, type FakePeer, type FakeServer } from './fake-server.js'
import { FakeSubscription } from './fake-subscription.js'

interface FakeProducer {
  readonly log: FakeLog
  nextOrdinal: number
}

export class FakeConnection {
  readonly subscriptions = new Map<number, FakeSubscription>()
  readonly producers = new Map<number, FakeProducer>()
  readonly #server: FakeServer
  readonly #peer: FakePeer
  #acks: AckEntry[] = []
  #lastChannel = 0

  constructor(server: FakeServer, peer: FakePeer) {
    this.#server = server
    this.#peer = peer
  }

  send(frame: Uint8Array): void {
    this.#peer.send(frame)
  }

  /** Breaks the connection, as a network does. */
  drop(): void {
    this.closed()
    this.#peer.terminate()
  }

  /** Closes the connection, as a server does. */
  close(code = 1001): void {
    this.closed()
    this.#peer.close(code)
  }

  /** The client is gone. */
  closed(): void {
    this.#server.connections.delete(this)
  }

  receive(bytes: Uint8Array): void {
    const frame = decodeFromClient(bytes)
    this.#server.received.push(frame)
    if (this.#server.intercept?.(frame, this) === true) return
    try {
      this.#handle(frame)
    } catch (error) {
      this.failRequest(frame.argument, error)
    }
  }

  /** Answers a request with an error. */
  failRequest(argument: number, error: unknown): void {
    if (!TailraceError.is(error)) throw error
    this.send(encodeErrorFrame(error, { flags: ERROR_FLAG_REQUEST, argument }))
  }

  /** Sends the acknowledgements that have gathered. */
  flushAcks(): void {
    if (this.#acks.length > 0) this.send(encodeAckFrame(this.#acks))
    this.#acks = []
  }

  /** Sends whatever the subscriptions have. */
  deliver(): void {
    for (const [channel, subscription] of [...this.subscriptions]) {
      for (let next = subscription.next(); next !== undefined; next = subscription.next()) {
        if (next.kind === 'run') {
          this.send(encodeFrame(FrameType.DELIVER, { channel }, next.bytes))
        } else if (next.kind === 'gap') {
          this.send(encodeControlFrame(FrameType.GAP, { channel }, next.gap))
        } else if (next.kind === 'caught-up') {
          this.send(encodeCaughtUpFrame(channel, next.offset))
        } else {
          this.subscriptions.delete(channel)
          this.send(encodeControlFrame(FrameType.END, { channel }, next.end))
          break
        }
      }
    }
  }

  /** Closes a channel with an error. */
  failChannel(channel: number, error: TailraceError, argument = 0): void {
    this.subscriptions.delete(channel)
    this.producers.delete(channel)
    this.send(encodeErrorFrame(error, { flags: ERROR_FLAG_CHANNEL, channel, argument }))
  }

  #handle(frame: Frame): void {
    const { argument, channel } = frame
    switch (frame.type) {
      case FrameType.HELLO:
        this.send(this.#welcome(argument))
        return
      case FrameType.PING:
        this.send(encodePongFrame(argument))
        return
      case FrameType.PUBLISH:
        this.#publish(frame)
        return
      case FrameType.CREDIT:
        this.subscriptions.get(channel)?.allow(decodeCreditBody(frame.body))
        this.deliver()
        return
      case FrameType.OPEN_PRODUCER:
        this.#openProducer(frame)
        return
      case FrameType.SUBSCRIBE:
        this.#subscribe(frame)
        return
      case FrameType.CLOSE_CHANNEL:
        this.#closeChannel(frame)
        return
      default:
        this.#administer(frame)
    }
  }

  #welcome(argument: number): Uint8Array {
    const { limits, serverId } = this.#server
    return encodeControlFrame(
      FrameType.WELCOME,
      { argument },
      { protocol: 1, server: 'fake/1', serverId, limits, features: [] },
    )
  }

  #administer({ type, argument, body }: Frame): void {
    const server = this.#server
    if (type === FrameType.ENSURE) {
      const { stream } = decodeEnsureRequest(body)
      const created = !server.logs.has(stream)
      const info = server.log(stream).info()
      this.send(encodeControlFrame(FrameType.ENSURED, { argument }, { created, info }))
    } else if (type === FrameType.DESCRIBE) {
      const info = server.existingLog(decodeDescribeRequest(body).stream).info()
      this.send(encodeControlFrame(FrameType.DESCRIBED, { argument }, info))
    } else if (type === FrameType.DELETE) {
      const { name } = server.existingLog(decodeDeleteRequest(body).stream)
      server.logs.delete(name)
      this.send(encodeControlFrame(FrameType.DELETED, { argument }, {}))
    } else if (type === FrameType.LIST) {
      const { after = '', limit = 100 } = decodeListRequest(body)
      const names = [...server.logs.keys()].sort().filter((name) => name > after)
      const streams = names.slice(0, limit).map((name) => server.log(name).info())
      const more = names.length > limit
      this.send(encodeControlFrame(FrameType.LISTED, { argument }, { streams, more }))
    }
  }

  #openProducer({ argument, body }: Frame): void {
    const { stream, name, producerId: known, create } = decodeOpenProducerRequest(body)
    const server = this.#server
    const log = create === true ? server.log(stream) : server.existingLog(stream)
    const producerId = name === undefined ? (known ?? server.newProducerId()) : idOf(name)
    const { producerEpoch, lastSequence } = log.openProducer(producerId)
    const channel = this.#newChannel()
    this.producers.set(channel, { log, nextOrdinal: 0 })
    this.send(
      encodeControlFrame(
        FrameType.PRODUCER_OPENED,
        { argument },
        {
          channel,
          producerId,
          producerEpoch,
          lastSequence,
          endOffset: log.endOffset,
          durability: 'fsync',
          epoch: log.epoch,
        },
      ),
    )
  }

  #publish({ channel, argument, body }: Frame): void {
    const producer = this.producers.get(channel)
    if (producer === undefined) return
    if (producer.nextOrdinal !== argument) throw new Error(`ordinal ${argument} was out of order`)
    let ordinal = argument
    try {
      forEachBatch(body, (view) => {
        this.#append(producer, view, { channel, ordinal })
        ordinal = (ordinal + 1) >>> 0
      })
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.failChannel(channel, error, ordinal)
    }
    producer.nextOrdinal = ordinal
    if (this.#server.acknowledgesAtOnce) this.flushAcks()
    this.#server.deliver()
  }

  #append(
    { log }: FakeProducer,
    view: BatchView,
    { channel, ordinal }: { channel: number; ordinal: number },
  ): void {
    const bytes = view.bytes()
    const defect = inspectProducedBatch(bytes, 0, bytes.byteLength)
    if (defect !== undefined) throw new RequestError('INVALID_REQUEST', defect.message)
    const refusal = this.#server.refusal?.()
    if (refusal !== undefined) throw refusal
    const { baseOffset, isDuplicate } = log.append(bytes)
    this.#acks.push({ channel, throughOrdinal: ordinal, baseOffset, isDuplicate, isDurable: true })
  }

  #subscribe({ argument, body }: Frame): void {
    const request = decodeSubscribeRequest(body)
    const log = this.#server.existingLog(request.stream)
    const subscription = new FakeSubscription(log, request)
    const channel = this.#newChannel()
    this.subscriptions.set(channel, subscription)
    this.send(
      encodeControlFrame(
        FrameType.SUBSCRIBED,
        { argument },
        {
          channel,
          startOffset: subscription.startOffset,
          stopOffset: subscription.stopOffset ?? null,
          epoch: log.epoch,
          firstOffset: log.startOffset,
          visibleOffset: log.endOffset,
        },
      ),
    )
    this.deliver()
  }

  #closeChannel({ argument, channel }: Frame): void {
    const existed = this.subscriptions.delete(channel) || this.producers.delete(channel)
    if (!existed) throw new RequestError('UNKNOWN_CHANNEL', `no channel ${channel}`)
    this.send(encodeControlFrame(FrameType.CHANNEL_CLOSED, { argument, channel }, {}))
  }

  #newChannel(): number {
    this.#lastChannel += 1
    return this.#lastChannel
  }
}

/** An id for a named producer, out of the way of the anonymous ones. */
function idOf(name: string): number {
  return (
    Array.from(name).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 1_000_003) % 2 ** 40
  )
}
