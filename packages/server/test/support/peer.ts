/**
 * The other end of a connection, by hand: a raw `ws` socket and the protocol's codecs.
 *
 * Sends exactly what a test says, also what no client would send, and keeps everything that comes. A test
 * waits for a frame by what it is; nothing here waits for time to pass.
 */

import { once } from 'node:events'

import type { TailraceError } from '@tailrace/format'
import {
  decodeAckBody,
  decodeErrorBody,
  decodeFrame,
  decodeOpenProducerReply,
  decodeSubscribeReply,
  encodeControlFrame,
  encodeFrame,
  encodePingFrame,
  ERROR_FLAG_CHANNEL,
  ERROR_FLAG_REQUEST,
  FrameType,
  replyTypeOf,
  SUBPROTOCOL,
  type AckEntry,
  type ControlFrameType,
  type ControlMessages,
  type Frame,
  type OpenProducerReply,
  type OpenProducerRequest,
  type SubscribeReply,
  type SubscribeRequest,
} from '@tailrace/protocol'
import { WebSocket, type ClientOptions } from 'ws'

/** Why a connection ended. */
export interface PeerClosed {
  readonly code: number
  readonly reason: string
}

interface Waiter {
  readonly matches: (frame: Frame) => boolean
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: Error) => void
}

/** A connected socket. */
export class Peer implements AsyncDisposable {
  readonly socket: WebSocket
  /** Every frame that came, in order. */
  readonly frames: Frame[] = []
  /** Resolves when the connection has ended. */
  readonly closed: Promise<PeerClosed>
  #waiters: Waiter[] = []
  /** Frames up to here were handed out by `next`. */
  #takenCount = 0
  #requestId = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => this.#received(decodeFrame(data as Buffer, 'client')))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#failWaiters(new Error(`the connection ended with ${code}`))
        resolve({ code, reason: reason.toString() })
      })
    })
  }

  /** Opens a WebSocket, and nothing more. Rejects when the server refuses the upgrade. */
  static async dial(url: string, options: ClientOptions = {}): Promise<Peer> {
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, ...options })
    const peer = new Peer(socket)
    await once(socket, 'open')
    return peer
  }

  /** Opens a WebSocket and says HELLO. */
  static async connect(url: string, options: ClientOptions = {}): Promise<Peer> {
    const peer = await Peer.dial(url, options)
    await peer.request(FrameType.HELLO, { protocols: [1], client: 'test-peer/1' })
    return peer
  }

  /** Sends bytes as one binary message. */
  send(bytes: Uint8Array): void {
    this.socket.send(bytes)
  }

  /** Sends a request and returns its id, without waiting. */
  post<T extends ControlFrameType>(type: T, message: ControlMessages[T], channel = 0): number {
    this.#requestId += 1
    this.send(encodeControlFrame(type, { channel, argument: this.#requestId }, message))
    return this.#requestId
  }

  /** Sends a request and waits for its reply. Rejects with the error that answers it instead. */
  async request<T extends ControlFrameType>(
    type: T,
    message: ControlMessages[T],
    channel = 0,
  ): Promise<Frame> {
    return this.replyTo(this.post(type, message, channel), type)
  }

  /** Waits for the reply to a request that was posted. */
  async replyTo(requestId: number, type: ControlFrameType): Promise<Frame> {
    const frame = await this.when((candidate) => {
      if (candidate.argument !== requestId) return false
      const isError = candidate.type === FrameType.ERROR
      return isError
        ? (candidate.flags & ERROR_FLAG_REQUEST) !== 0
        : candidate.type === replyTypeOf(type)
    })
    if (frame.type === FrameType.ERROR) throw decodeErrorBody(frame.body)
    return frame
  }

  /** Opens a producer. */
  async openProducer(request: OpenProducerRequest): Promise<OpenProducerReply> {
    return decodeOpenProducerReply((await this.request(FrameType.OPEN_PRODUCER, request)).body)
  }

  /** Opens a subscription. */
  async subscribe(
    request: Pick<SubscribeRequest, 'stream'> & Partial<SubscribeRequest>,
  ): Promise<SubscribeReply> {
    const full = { from: { first: true as const }, creditBytes: 1024 * 1024, ...request }
    return decodeSubscribeReply((await this.request(FrameType.SUBSCRIBE, full)).body)
  }

  /** Sends batches as one PUBLISH. */
  publish(channel: number, ordinal: number, ...batches: readonly Uint8Array[]): void {
    const body = Buffer.concat(batches)
    this.send(encodeFrame(FrameType.PUBLISH, { channel, argument: ordinal }, body))
  }

  /** Waits until the batch with this ordinal is acknowledged; returns all entries of the channel. */
  async acknowledged(channel: number, ordinal: number): Promise<AckEntry[]> {
    await this.when(() => this.acks(channel).some((entry) => entry.throughOrdinal >= ordinal))
    return this.acks(channel)
  }

  /** The acknowledgements of a channel that came so far. */
  acks(channel: number): AckEntry[] {
    return this.ofType(FrameType.ACK)
      .flatMap((frame) => decodeAckBody(frame.body))
      .filter((entry) => entry.channel === channel)
  }

  /** The frames of a type that came so far. */
  ofType(type: number, channel?: number): Frame[] {
    return this.frames.filter(
      (frame) => frame.type === type && (channel === undefined || frame.channel === channel),
    )
  }

  /** Waits for the ERROR of a channel. */
  async channelError(channel: number): Promise<{ error: TailraceError; ordinal: number }> {
    const frame = await this.when(
      (candidate) =>
        candidate.type === FrameType.ERROR &&
        candidate.channel === channel &&
        (candidate.flags & ERROR_FLAG_CHANNEL) !== 0,
    )
    return { error: decodeErrorBody(frame.body), ordinal: frame.argument }
  }

  /** Waits for the ERROR that concerns the connection. */
  async connectionError(): Promise<TailraceError> {
    const frame = await this.when(
      (candidate) => candidate.type === FrameType.ERROR && candidate.flags === 0,
    )
    return decodeErrorBody(frame.body)
  }

  /** Waits for the first frame, among those that came and those that will, that `matches`. */
  when(matches: (frame: Frame) => boolean): Promise<Frame> {
    const found = this.frames.find(matches)
    if (found !== undefined) return Promise.resolve(found)
    if (this.socket.readyState === WebSocket.CLOSED) {
      return Promise.reject(new Error('the connection has ended'))
    }
    return new Promise((resolve, reject) => this.#waiters.push({ matches, resolve, reject }))
  }

  /** Waits for the next frame of a type that was not handed out by this before. */
  async next(type: number): Promise<Frame> {
    const start = this.#takenCount
    const frame = await this.when(
      (candidate) => candidate.type === type && this.frames.indexOf(candidate) >= start,
    )
    this.#takenCount = this.frames.indexOf(frame) + 1
    return frame
  }

  /**
   * Makes sure that the server has handled everything sent before, and that its answers are here: they
   * come before the PONG.
   */
  async settle(): Promise<void> {
    this.#requestId += 1
    const nonce = this.#requestId
    this.send(encodePingFrame(nonce))
    await this.when((frame) => frame.type === FrameType.PONG && frame.argument === nonce)
  }

  /** Ends the connection at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed
  }

  #received(frame: Frame): void {
    this.frames.push(frame)
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.matches(frame)) return true
      waiter.resolve(frame)
      return false
    })
  }

  #failWaiters(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}
