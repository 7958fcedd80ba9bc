/**
 * The transport of Node, on the `ws` package: the one file that knows it.
 *
 * `ws` rather than Node's own WebSocket, because it receives several times faster, exists before
 * Node 22, says why a connection failed, and lets us cork its socket. Frames are masked with random
 * keys into a copy, small ones by `ws` itself: what was handed to `send` stays as it was, so that a batch
 * can be sent again.
 */

import type { IncomingMessage } from 'node:http'
import type { createConnection, NetConnectOpts, Socket } from 'node:net'
import { WebSocket, type RawData } from 'ws'

import { LARGE_MESSAGE_BYTES, MaskedFrames } from './masked-frames-node.js'
import { MessageReader } from './message-reader-node.js'
import { loadMask, useNativeCrc32 } from './native-addons-node.js'
import type { Transport, TransportClose, TransportOptions } from './transport.js'

/** Bytes of a message beyond which `ws` gives up; the server's own limit is far below. */
const MESSAGE_BYTES_MAX = 128 * 1024 * 1024

const fastestMask = loadMask()

/** Opens a connection with the `ws` package. */
export function openWebSocket(options: TransportOptions): Transport {
  useNativeCrc32()
  return new NodeTransport(options)
}

class NodeTransport implements Transport {
  readonly #options: TransportOptions
  readonly #webSocket: WebSocket
  #socket: Socket | undefined
  #maskedFrames: MaskedFrames | undefined
  #isCorked = false
  #failure: Pick<TransportClose, 'httpStatus' | 'refusedSubprotocol' | 'error'> = {}

  constructor(options: TransportOptions) {
    this.#options = options
    const reader = new MessageReader({
      payloadBytesMax: MESSAGE_BYTES_MAX,
      onMessage: (bytes) => options.events.onMessage(bytes),
    })
    const webSocket = new WebSocket(options.url, [options.subprotocol], {
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
      // Over TLS the bytes that are read are not yet those of the messages: `ws` has them all.
      ...(isEncrypted(options.url) ? {} : { createConnection: connector(reader) }),
    })
    this.#webSocket = webSocket
    webSocket.binaryType = 'nodebuffer'
    webSocket.on('upgrade', (response) => {
      this.#onUpgrade(response)
    })
    webSocket.on('unexpected-response', (_request, response) => {
      this.#onUnexpectedResponse(response)
    })
    webSocket.on('open', () => {
      reader.start()
      options.events.onOpen(webSocket.protocol)
    })
    webSocket.on('message', (data, isBinary) => {
      this.#onMessage(data, isBinary)
    })
    webSocket.on('error', (error) => {
      this.#failure = { error, ...this.#failure }
    })
    webSocket.on('close', (code, reason) => {
      options.events.onClose({ code, reason: reason.toString('utf8'), ...this.#failure })
    })
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  get receivedBytes(): number {
    return this.#socket?.bytesRead ?? 0
  }

  send(bytes: Uint8Array): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    if (bytes.byteLength < LARGE_MESSAGE_BYTES) this.#webSocket.send(bytes)
    else this.#sendLarge(bytes)
  }

  cork(): void {
    this.#isCorked = true
    this.#socket?.cork()
  }

  uncork(): void {
    this.#isCorked = false
    this.#socket?.uncork()
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason)
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  /** Not held back: a system call of its own costs it little, and its memory is free again at once. */
  #sendLarge(bytes: Uint8Array): void {
    if (this.#isCorked) this.#socket?.uncork()
    this.#maskedFrames?.send(bytes)
    if (this.#isCorked) this.#socket?.cork()
  }

  /** Comes before `ws` compares the subprotocol itself, which it would report in words only. */
  #onUpgrade(response: IncomingMessage): void {
    const subprotocol = response.headers['sec-websocket-protocol'] ?? ''
    if (subprotocol !== this.#options.subprotocol) {
      this.#failure = { refusedSubprotocol: subprotocol }
    }
    this.#socket = response.socket
    this.#maskedFrames = new MaskedFrames(response.socket, fastestMask)
    // Node says so before it says of each piece that it was taken, and whoever then sends finds no memory idle.
    response.socket.on('drain', () => {
      process.nextTick(() => this.#options.events.onDrain())
    })
  }

  #onUnexpectedResponse(response: IncomingMessage): void {
    this.#failure = { httpStatus: response.statusCode ?? 0 }
    this.#webSocket.terminate()
  }

  /** A plain `Uint8Array`, because views of a Buffer are Buffers, down to the application's values. */
  #onMessage(data: RawData, isBinary: boolean): void {
    const { events } = this.#options
    if (isBinary && data instanceof Uint8Array) {
      events.onMessage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    } else {
      events.onText()
    }
  }
}

function isEncrypted(url: string): boolean {
  return new URL(url).protocol === 'wss:'
}

/** What `ws` has the HTTP client connect with; the `path` it gets is that of the request. */
function connector(reader: MessageReader): typeof createConnection {
  const connect = (options: NetConnectOpts) =>
    reader.connect({ ...options, path: undefined } as NetConnectOpts)
  return connect as typeof createConnection
}
