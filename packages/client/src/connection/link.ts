/**
 * One connection, from opening the socket until it is gone: handshake, requests, channels, liveness.
 *
 * ```
 *   connecting ──socket open──▶ greeting ──WELCOME──▶ open ──▶ closed
 *        └─────────────────────────┴── any failure ────────────▲
 * ```
 *
 * A link never comes back: `Session` makes a new one for each attempt. Once closed it says so exactly
 * once (`onClosed`), whatever the socket still does, and everything that waited on it has failed.
 *
 * It knows channels as numbers with a handler each; what a producer or a subscription is, it does
 * not know.
 */

import { TailraceError } from '@tailrace/format'
import {
  AckCursor,
  CloseCode,
  closeCodeOf,
  checkEmptyBody,
  checkFrameSize,
  decodeErrorBody,
  decodeFrame,
  decodeGoAwayNotice,
  decodeOpenProducerReply,
  decodeSubscribeReply,
  decodeWelcomeReply,
  encodeControlFrame,
  encodePingFrame,
  encodePongFrame,
  ERROR_FLAG_CHANNEL,
  ERROR_FLAG_REQUEST,
  frameName,
  FrameType,
  LIMITS,
  PROTOCOL_VERSIONS,
  REPLY_BIT,
  SUBPROTOCOL,
  type ConnectionLimits,
  type Frame,
  type WelcomeReply,
} from '@tailrace/protocol'

import type { Timer } from '../io/clock.js'
import type { Transport, TransportClose } from '../transport/transport.js'
import {
  connectFailed,
  connectionLost,
  connectTimeout,
  peerSilent,
  textMessage,
  unexpectedReply,
  unsupportedSubprotocol,
} from './connection-errors.js'
import { Heartbeat } from './heartbeat.js'
import type {
  ChannelHandler,
  LinkOptions,
  LinkRequest,
  LinkState,
  RequestType,
} from './link-contract.js'
import { PendingRequests } from './pending-requests.js'

/** Bytes waiting in the socket above which producers hold back; more makes everything slower. */
const SEND_BUFFER_BYTES_MAX = 1024 * 1024

/** How long a closing handshake may take before the connection is dropped. */
const CLOSE_TIMEOUT_MS = 1000

/** One connection. */
export class Link {
  readonly #options: LinkOptions
  readonly #transport: Transport
  readonly #requests: PendingRequests
  readonly #channels = new Map<number, ChannelHandler>()
  readonly #acks = new AckCursor()
  #state: LinkState = 'connecting'
  #closedBy: TailraceError | undefined
  #heartbeat: Heartbeat | undefined
  #connectTimer: Timer | undefined
  #closeTimer: Timer | undefined
  #welcome: WelcomeReply | undefined
  #onTransportClosed: (() => void) | undefined
  #isTransportClosed = false

  constructor(options: LinkOptions) {
    const { address, environment, connectTimeoutMs, requestTimeoutMs } = options
    const { clock } = environment
    this.#options = options
    this.#requests = new PendingRequests({ clock, timeoutMs: requestTimeoutMs })
    this.#connectTimer = clock.after(connectTimeoutMs, () => {
      this.#end(connectTimeout(address, connectTimeoutMs), CloseCode.NORMAL)
    })
    this.#transport = environment.openTransport({
      url: address.url,
      subprotocol: SUBPROTOCOL,
      clock,
      events: {
        onOpen: (subprotocol) => this.#onTransportOpen(subprotocol),
        onMessage: (bytes) => this.#onMessage(bytes),
        onText: () => this.#onText(),
        onDrain: () => this.#onDrain(),
        onClose: (close) => this.#onTransportClose(close),
      },
    })
  }

  /** Where it is in its life. */
  get state(): LinkState {
    return this.#state
  }

  /** What the server said in WELCOME; undefined before. */
  get welcome(): WelcomeReply | undefined {
    return this.#welcome
  }

  /** The error that ended the link; undefined while it lives. */
  get closedBy(): TailraceError | undefined {
    return this.#closedBy
  }

  /** The server's limits; the protocol's defaults before WELCOME. */
  get limits(): ConnectionLimits {
    return this.#welcome?.limits ?? LIMITS
  }

  /** Whether so much waits in the socket that producers should hold back until `onWritable`. */
  get isCongested(): boolean {
    return this.#transport.bufferedBytes >= SEND_BUFFER_BYTES_MAX
  }

  /** Sends a frame; dropped unless the link is open. `frame` may be changed afterwards. */
  send(frame: Uint8Array): void {
    if (this.#state === 'open') this.#transport.send(frame)
  }

  /** Holds frames back until `uncork`, so that they leave together. */
  cork(): void {
    this.#transport.cork()
  }

  /** Lets frames go again. */
  uncork(): void {
    this.#transport.uncork()
  }

  /**
   * Asks the server. Rejects with the server's error, REQUEST_TIMEOUT, or the error that ended the link.
   */
  request<Type extends RequestType, Reply>(request: LinkRequest<Type, Reply>): Promise<Reply> {
    const { type, message, channel = 0, onReply } = request
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy)
    const reader = { name: frameName(type), onReply: this.#checkedReader(type, onReply) }
    return this.#requests.add(reader, (argument) => {
      this.#transport.send(encodeControlFrame(type, { channel, argument }, message))
    })
  }

  /** Gives a channel's frames to `handler`. Call it from a reply's reader. */
  attach(channel: number, handler: ChannelHandler): void {
    this.#channels.set(channel, handler)
  }

  /** Stops handing out a channel's frames; the server still has it open. */
  detach(channel: number): void {
    this.#channels.delete(channel)
  }

  /** Closes a channel on the server too. Resolves when the server has done so, or the link is gone. */
  async closeChannel(channel: number): Promise<void> {
    this.detach(channel)
    if (this.#state !== 'open') return
    try {
      await this.request({
        type: FrameType.CLOSE_CHANNEL,
        message: {},
        channel,
        onReply: ignoreReply,
      })
    } catch (error) {
      // The channel is closed already, or goes with the connection: either way it is closed.
      if (!TailraceError.is(error)) throw error
    }
  }

  /** Ends the link at once with `error`; frames already sent are not called back. */
  abort(error: TailraceError): void {
    this.#end(error, CloseCode.GOING_AWAY)
  }

  /**
   * Closes in good order: what was sent goes out first. Resolves when the socket is closed, after
   * `CLOSE_TIMEOUT_MS` at the latest.
   */
  close(error: TailraceError): Promise<void> {
    this.#end(error, CloseCode.NORMAL)
    if (this.#isTransportClosed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onTransportClosed = resolve
    })
  }

  // --- the socket's events ---

  #onTransportOpen(subprotocol: string): void {
    if (this.#state !== 'connecting') return
    const { address, clientName } = this.#options
    if (subprotocol !== SUBPROTOCOL) {
      this.#end(unsupportedSubprotocol(address, subprotocol), CloseCode.PROTOCOL_ERROR)
      return
    }
    this.#state = 'greeting'
    const hello = this.request({
      type: FrameType.HELLO,
      message: { protocols: PROTOCOL_VERSIONS, client: clientName },
      onReply: (frame) => this.#onWelcome(decodeWelcomeReply(frame.body)),
    })
    // An error in reply to HELLO ends the attempt; one that ended the link has been told already.
    hello.catch((error: unknown) => this.#endWith(error))
  }

  #onWelcome(welcome: WelcomeReply): void {
    this.#connectTimer?.cancel()
    this.#welcome = welcome
    this.#state = 'open'
    this.#heartbeat = new Heartbeat({
      clock: this.#options.environment.clock,
      intervalMs: welcome.limits.heartbeatMs,
      receivedBytes: () => this.#transport.receivedBytes,
      sendPing: (nonce) => this.send(encodePingFrame(nonce)),
      onSilent: (silentMs) => this.#onSilent(silentMs),
    })
    this.#heartbeat.start()
    this.#options.events.onOpen()
  }

  #onMessage(bytes: Uint8Array): boolean {
    if (this.#state === 'closed') return false
    try {
      checkFrameSize(bytes.byteLength, this.limits.frameBytesMax)
      return this.#dispatch(decodeFrame(bytes, 'client'))
    } catch (error) {
      this.#endWith(error)
      return false
    }
  }

  #onText(): void {
    this.#end(textMessage(), CloseCode.PROTOCOL_ERROR)
  }

  #onDrain(): void {
    if (this.#state === 'open' && !this.isCongested) this.#options.events.onWritable()
  }

  #onTransportClose(close: TransportClose): void {
    this.#isTransportClosed = true
    this.#closeTimer?.cancel()
    const { address } = this.#options
    const isLoss = this.#state === 'open'
    this.#end(isLoss ? connectionLost(address, close) : connectFailed(address, close), undefined)
    this.#onTransportClosed?.()
  }

  #onSilent(silentMs: number): void {
    this.#end(peerSilent(this.#options.address, silentMs), CloseCode.GOING_AWAY)
  }

  // --- frames ---

  /** Returns whether nobody needs the frame's bytes any more. */
  #dispatch(frame: Frame): boolean {
    switch (frame.type) {
      case FrameType.DELIVER:
      case FrameType.CAUGHT_UP:
      case FrameType.END:
      case FrameType.GAP:
        // A channel without a handler is one that this side has closed: its last frames.
        return this.#channels.get(frame.channel)?.onFrame(frame) ?? true
      default:
        this.#dispatchOther(frame)
        return false
    }
  }

  #dispatchOther(frame: Frame): void {
    switch (frame.type) {
      case FrameType.ACK:
        this.#dispatchAcks(frame.body)
        return
      case FrameType.PING:
        checkEmptyBody(frame.body, 'PING')
        this.send(encodePongFrame(frame.argument))
        return
      case FrameType.PONG:
        checkEmptyBody(frame.body, 'PONG')
        return
      case FrameType.GOAWAY:
        this.#options.events.onGoAway(decodeGoAwayNotice(frame.body))
        return
      case FrameType.ERROR:
        this.#dispatchError(frame)
        return
      default:
        if (!this.#requests.reply(frame)) this.#closeLateChannel(frame)
    }
  }

  #dispatchAcks(body: Uint8Array): void {
    const acks = this.#acks.wrap(body)
    while (acks.next()) this.#channels.get(acks.channel)?.onAck(acks)
    this.#options.events.onWritable()
  }

  #dispatchError({ flags, channel, argument, body }: Frame): void {
    const error = decodeErrorBody(body)
    if ((flags & ERROR_FLAG_REQUEST) !== 0) {
      this.#requests.fail(argument, error)
    } else if ((flags & ERROR_FLAG_CHANNEL) !== 0) {
      const handler = this.#channels.get(channel)
      this.detach(channel)
      handler?.onChannelError(error, argument)
    } else {
      this.#end(error, CloseCode.NORMAL)
    }
  }

  /** A channel was opened for a request that has timed out: nobody will ever use it. */
  #closeLateChannel(frame: Frame): void {
    if (frame.type === FrameType.PRODUCER_OPENED) {
      void this.closeChannel(decodeOpenProducerReply(frame.body).channel)
    } else if (frame.type === FrameType.SUBSCRIBED) {
      void this.closeChannel(decodeSubscribeReply(frame.body).channel)
    }
  }

  /** A reply of another kind than the request's means that the two sides have lost each other. */
  #checkedReader<Reply>(
    type: RequestType,
    onReply: (frame: Frame) => Reply,
  ): (frame: Frame) => Reply {
    return (frame) => {
      if (frame.type !== (type | REPLY_BIT)) throw unexpectedReply(type, frame.type)
      return onReply(frame)
    }
  }

  // --- the end ---

  /** Ends the link for an error of the world; anything else is our bug and goes on. */
  #endWith(error: unknown): void {
    if (!TailraceError.is(error)) throw error
    this.#end(error, closeCodeOf(error.code))
  }

  #end(error: TailraceError, closeCode: number | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closedBy = error
    this.#connectTimer?.cancel()
    this.#heartbeat?.stop()
    if (closeCode !== undefined) this.#closeTransport(closeCode)
    this.#channels.clear()
    this.#requests.failAll(error)
    this.#options.events.onClosed(error)
  }

  #closeTransport(code: number): void {
    this.#closeTimer = this.#options.environment.clock.after(CLOSE_TIMEOUT_MS, () => {
      this.#transport.terminate()
      this.#onTransportClosed?.()
    })
    this.#transport.close(code, '')
  }
}

function ignoreReply(): void {}
