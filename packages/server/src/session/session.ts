/**
 * One connection, from the open WebSocket to its end.
 *
 * States:
 * - *awaiting-hello*: only HELLO is accepted, and only 8 KiB of it, and not for ever.
 * - *open*: frames are dispatched by the command table.
 * - *leaving*: the server has said GOAWAY; what was taken is finished, nothing new begins.
 * - *closing*: the last word is said; whatever still arrives is dropped.
 *
 * Errors: a `TailraceError` answers its request, or its channel; a protocol error ends the connection.
 * Anything else is a bug of ours: it is logged and thrown on, so that it ends the process instead of
 * leaving it in a state nobody has thought of.
 */

import type { Socket } from 'node:net'

import { assert, ERROR_REGISTRY, LimitError, ProtocolError, TailraceError } from '@tailrace/format'
import {
  CloseCode,
  closeCodeOf,
  decodeFrame,
  encodeControlFrame,
  encodePingFrame,
  ERROR_FLAG_REQUEST,
  FrameType,
  readFrameArgument,
  type ControlFrameType,
  type ControlMessages,
  type Frame,
  type GoAwayNotice,
} from '@tailrace/protocol'

import type { CommandContext } from '../commands/command.js'
import { COMMAND_HANDLERS, HANDLED_AFTER_GOAWAY } from '../commands/command-handlers.js'
import type { ServerServices } from '../server-services.js'
import { BackPressure } from './back-pressure.js'
import { ConnectionChannels } from './connection-channels.js'
import { errorFrame } from './error-frame.js'
import { FrameIntake } from './frame-intake.js'
import { FrameSocket } from './frame-socket.js'
import { acceptHello, BYTES_BEFORE_HELLO_MAX, helloTooLarge, helloTooLate } from './handshake.js'
import { Liveness, type LivenessVerdict } from './liveness.js'
import { MessageReader } from './message-reader.js'
import type { SessionWebSocket } from './session-websocket.js'

/** What a session is made of. */
export interface SessionOptions {
  readonly services: ServerServices
  readonly webSocket: SessionWebSocket
  /** The socket under `webSocket`. */
  readonly socket: Socket
  /** Called once, when the connection is gone. */
  readonly onClosed: (session: Session) => void
}

/** The server's end of one connection. */
export class Session implements CommandContext {
  readonly services: ServerServices
  readonly channels: ConnectionChannels
  readonly intake: FrameIntake
  readonly #socket: FrameSocket
  readonly #backPressure: BackPressure
  readonly #liveness = new Liveness()
  #state: 'awaiting-hello' | 'open' | 'leaving' | 'closing' = 'awaiting-hello'
  readonly #reader: MessageReader
  #endHandshake: () => void
  #pingNonce = 0

  constructor({ services, webSocket, socket, onClosed }: SessionOptions) {
    this.services = services
    this.#socket = new FrameSocket(webSocket, socket, () => this.#flushed())
    this.channels = new ConnectionChannels(services, this.#socket)
    this.intake = new FrameIntake(this.#socket, (message) => this.#handle(message))
    const { pendingRequestsMax } = services.limits
    this.#backPressure = new BackPressure(this.intake, this.#socket, pendingRequestsMax)
    this.#reader = new MessageReader({
      socket,
      buffers: services.messageBuffers,
      payloadBytesMax: services.limits.frameBytesMax,
      isOpen: () => this.isOpen,
      onMessage: (message) => this.#receiveLent(message),
    })
    this.#endHandshake = this.#beginHandshake(socket)
    webSocket.onFailure = (closeCode) => this.#webSocketFailed(closeCode)
    // With `binaryType` left alone a message is always a Buffer.
    webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    webSocket.on('error', (error) => {
      services.logger.debug('the connection failed', { reason: error.message })
    })
    webSocket.on('close', (closeCode) => {
      this.#release()
      services.logger.debug('a connection ended', { closeCode })
      onClosed(this)
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open' || this.#state === 'leaving'
  }

  /** Bytes that wait in this process for the client to take them. */
  get queuedBytes(): number {
    return this.#socket.queuedBytes
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame)
    this.#backPressure.outputGrew()
  }

  reply<T extends ControlFrameType>(request: Frame, type: T, message: ControlMessages[T]): void {
    const { channel, argument } = request
    this.send(encodeControlFrame(type, { channel, argument }, message))
  }

  /** Looks for a sign of life since the last look; asks a silent peer for one, ends a lost one. */
  checkLiveness(): void {
    if (!this.isOpen) return
    switch (this.#judgePeer()) {
      case 'alive':
        return
      case 'ask':
        this.#pingNonce = (this.#pingNonce + 1) >>> 0
        this.#socket.send(encodePingFrame(this.#pingNonce))
        return
      case 'lost':
        this.#failConnection(peerSilent(this.services.limits.heartbeatMs))
    }
  }

  /** Says GOAWAY, takes nothing new, and resolves when all that was published is acknowledged. */
  async leave(notice: GoAwayNotice): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'leaving'
    this.#socket.send(encodeControlFrame(FrameType.GOAWAY, {}, notice))
    await this.channels.finishProducers()
  }

  /** Ends the connection in good order: END to every subscription, then close code 1001. */
  close(): void {
    if (this.#state === 'closing') return
    this.channels.endSubscriptions()
    this.#release()
    this.#socket.close(CloseCode.GOING_AWAY, 'the server is closing')
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#socket.terminate()
  }

  #beginHandshake(socket: Socket): () => void {
    const { timers, limits } = this.services
    let receivedBytes = 0
    // Comes after the listener of the reader: a HELLO that is complete in this piece was handled by then.
    const countBytes = (piece: Uint8Array): void => {
      receivedBytes += piece.byteLength
      if (this.#state !== 'awaiting-hello' || receivedBytes <= BYTES_BEFORE_HELLO_MAX) return
      this.#failConnection(helloTooLarge())
    }
    socket.on('data', countBytes)
    const cancelTimer = timers.after(limits.helloTimeoutMs, () => {
      this.#failConnection(helloTooLate(limits.helloTimeoutMs))
    })
    return () => {
      cancelTimer()
      socket.off('data', countBytes)
    }
  }

  #receive(message: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'closing') return
    if (!isBinary) {
      this.#failConnection(malformed('the message is text, must be binary'))
    } else if (this.#state === 'awaiting-hello') {
      this.#receiveHello(message)
    } else {
      this.intake.accept(message)
    }
  }

  /** Returns true when the bytes are still needed: the batches wait for room, or the frame for its turn. */
  #receiveLent(message: Uint8Array): boolean {
    if (!this.isOpen) return false
    this.services.busyPolling?.stirred()
    this.intake.accept(message)
    return this.intake.isHeld || message[0] !== FrameType.PUBLISH
  }

  #receiveHello(message: Uint8Array): void {
    const { identity, limits, logger } = this.services
    try {
      const { hello, welcome } = acceptHello(message, identity, limits)
      this.#endHandshake()
      this.#state = 'open'
      // Not before: of a stranger every piece is counted.
      this.#reader.shareReads(this.services.lentReads)
      this.#socket.send(welcome)
      logger.debug('a client connected', { client: hello.client })
    } catch (error) {
      this.#failConnection(this.#ours(error))
    }
  }

  #handle(message: Uint8Array): void {
    if (!this.isOpen) return
    try {
      this.#dispatch(decodeFrame(message, 'server'))
    } catch (error) {
      this.#refuse(message, error)
    }
    this.#backPressure.outputGrew()
  }

  #dispatch(frame: Frame): void {
    const handler = COMMAND_HANDLERS.get(frame.type)
    assert(handler !== undefined, 'every frame that a server may be sent has a handler')
    if (this.#state === 'leaving' && !HANDLED_AFTER_GOAWAY.has(frame.type)) throw shuttingDown()
    const answered = handler(this, frame)
    if (answered !== undefined) void this.#track(frame, answered)
  }

  /** Follows a request that is answered later. What it rejects with, if it is a bug, ends the process. */
  async #track(frame: Frame, answered: Promise<void>): Promise<void> {
    this.#backPressure.requestBegan()
    try {
      await answered
    } catch (error) {
      this.#answerError(frame.argument, this.#ours(error))
    } finally {
      this.#backPressure.requestEnded()
    }
  }

  /** A message that was not understood, or asks for what cannot be done. */
  #refuse(message: Uint8Array, thrown: unknown): void {
    const error = this.#ours(thrown)
    const isProtocolError = ERROR_REGISTRY[error.code].class === 'ProtocolError'
    const isFatal = isProtocolError && error.code !== 'UNKNOWN_COMMAND'
    if (isFatal) this.#failConnection(error)
    else this.#answerError(readFrameArgument(message), error)
  }

  #answerError(requestId: number, error: TailraceError): void {
    this.services.logger.debug('refused a request', { code: error.code, reason: error.message })
    this.send(errorFrame(error, { flags: ERROR_FLAG_REQUEST, argument: requestId }))
  }

  /** Says what was wrong, as the last word, and closes. */
  #failConnection(error: TailraceError): void {
    if (this.#state === 'closing') return
    this.#sayLastWord(error)
    this.#socket.close(closeCodeOf(error.code), error.code)
  }

  /** `ws` could not read what came and is about to send its close frame. */
  #webSocketFailed(closeCode: number): void {
    if (this.#state === 'closing') return
    this.#sayLastWord(unreadable(closeCode, this.services.limits.frameBytesMax))
  }

  /** Acknowledges what was appended in this turn, says what is wrong, and is closing from then on. */
  #sayLastWord(error: TailraceError): void {
    this.services.logger.warn('closing a connection', { code: error.code, reason: error.message })
    this.channels.flushAcks()
    this.#socket.send(errorFrame(error))
    this.#release()
  }

  #release(): void {
    this.#state = 'closing'
    this.#endHandshake()
    this.channels.closeAll()
  }

  #flushed(): void {
    this.channels.flushed()
    this.#backPressure.flushed()
  }

  #judgePeer(): LivenessVerdict {
    // A peer that does not read shows life by reading; one that is not read cannot show any, and waits
    // for a sign of ours.
    if (this.#backPressure.isOutputFull) return this.#liveness.look(-this.#socket.queuedBytes)
    if (this.intake.isHeld) return this.#liveness.excuse()
    return this.#liveness.look(this.#socket.receivedBytes)
  }

  /** Passes an error on that is the world's; one of ours is logged and thrown. */
  #ours(error: unknown): TailraceError {
    if (TailraceError.is(error)) return error
    this.services.logger.error('a bug: the server ends', { error })
    throw error
  }
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('MALFORMED_FRAME', message)
}

function unreadable(closeCode: number, frameBytesMax: number): ProtocolError {
  if (closeCode !== CloseCode.TOO_LARGE) return malformed('the WebSocket message cannot be read')
  return new ProtocolError(
    'FRAME_TOO_LARGE',
    `the frame is larger than ${frameBytesMax} bytes, the limit of this server`,
    { details: { frameBytesMax } },
  )
}

function peerSilent(heartbeatMs: number): ProtocolError {
  return new ProtocolError(
    'PEER_SILENT',
    `nothing came from the client for two heartbeats of ${heartbeatMs} ms`,
    { details: { heartbeatMs } },
  )
}

function shuttingDown(): LimitError {
  return new LimitError('SHUTTING_DOWN', 'the server is closing and begins nothing new')
}
