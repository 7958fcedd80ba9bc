/**
 * A transport on an object shaped like a browser's WebSocket.
 *
 * Such a WebSocket cannot be corked and has no event for "sent": while much is waiting, the amount
 * is looked at every few milliseconds.
 */

import type { Timer } from '../io/clock.js'
import type { Transport, TransportOptions } from './transport.js'

/** The part of a browser's WebSocket that the client uses. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly protocol: string
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

/**
 * Makes the WebSocket for one connection. `send` must have taken its copy of the bytes when it
 * returns, as every standard WebSocket does.
 */
export type WebSocketFactory = (url: string, subprotocol: string) => WebSocketLike

const READY_STATE_OPEN = 1
const NORMAL_CLOSE = 1000
const NO_CLOSING_HANDSHAKE = 1006
const DRAIN_POLL_MS = 4

/** Puts a transport on `socket`, which must not be open yet. */
export function adoptWebSocket(socket: WebSocketLike, options: TransportOptions): Transport {
  return new WebSocketTransport(socket, options)
}

class WebSocketTransport implements Transport {
  readonly #socket: WebSocketLike
  readonly #options: TransportOptions
  #error: unknown
  #receivedBytes = 0
  #isClosed = false
  #drainPoll: Timer | undefined

  constructor(socket: WebSocketLike, options: TransportOptions) {
    this.#socket = socket
    this.#options = options
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      options.events.onOpen(socket.protocol)
    }
    socket.onmessage = (event: { readonly data: unknown }) => {
      this.#onMessage(event.data)
    }
    socket.onerror = (event: { readonly error?: unknown }) => {
      this.#error = event.error
    }
    socket.onclose = (event: { readonly code?: number; readonly reason?: string }) => {
      this.#onClose(event.code ?? NO_CLOSING_HANDSHAKE, event.reason ?? '')
    }
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.readyState !== READY_STATE_OPEN) return
    // Frames are never made on shared memory, which is what the wider type would allow.
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
    if (this.#drainPoll === undefined && this.#socket.bufferedAmount > 0) this.#pollForDrain()
  }

  cork(): void {}

  uncork(): void {}

  /** A page may only name the code of a normal close, so any other is left out. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return
    if (code === NORMAL_CLOSE) this.#socket.close(code, reason)
    else this.#socket.close()
  }

  terminate(): void {
    if (!this.#isClosed) this.#socket.close()
  }

  #onMessage(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#options.events.onText()
      return
    }
    this.#receivedBytes += data.byteLength
    this.#options.events.onMessage(new Uint8Array(data))
  }

  #onClose(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#drainPoll?.cancel()
    const error = this.#error
    this.#options.events.onClose({ code, reason, ...(error === undefined ? {} : { error }) })
  }

  #pollForDrain(): void {
    const bufferedBefore = this.#socket.bufferedAmount
    this.#drainPoll = this.#options.clock.after(DRAIN_POLL_MS, () => {
      this.#drainPoll = undefined
      if (this.#isClosed) return
      const buffered = this.#socket.bufferedAmount
      if (buffered > 0) this.#pollForDrain()
      if (buffered < bufferedBefore) this.#options.events.onDrain()
    })
  }
}
