/**
 * Frames onto the wire: the one place that writes to a connection's socket.
 *
 * Every frame is one WebSocket message, written to the `net.Socket` itself: a small header and the
 * bytes as they are, for a run of batches the view of the mapping. Nothing is copied, nothing is
 * split, and since each message is written in one synchronous step, no other can come in between:
 * neither ours nor the pong and close frames that `ws` writes to the same socket.
 *
 * The socket is corked from the first write of a turn until its end (`process.nextTick`), so what
 * belongs together leaves in one system call.
 *
 * Does not decide how much may be queued: `queuedBytes` is there to be asked.
 */

import type { Socket } from 'node:net'

import { FRAME_PREFIX_BYTES, writeFramePrefix, type FrameTypeNumber } from '@tailrace/protocol'

import type { SessionWebSocket } from './session-websocket.js'
import { webSocketHeaderBytes, writeWebSocketHeader } from './websocket-header.js'

/** A connection's two ends of one thing: `ws` for what comes in, the socket for what goes out. */
export class FrameSocket {
  readonly #webSocket: SessionWebSocket
  readonly #socket: Socket
  readonly #onFlushed: () => void
  #isCorked = false

  /** `onFlushed` is called after each frame that the kernel has taken, or that was lost with it. */
  constructor(webSocket: SessionWebSocket, socket: Socket, onFlushed: () => void) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#onFlushed = onFlushed
  }

  /** Whether a frame sent now can still arrive; after a close frame nothing is sent. */
  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  /** Bytes that wait in this process for the kernel to take them. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Bytes that came from the peer since it connected. */
  get receivedBytes(): number {
    return this.#socket.bytesRead
  }

  /** Sends a whole frame, prefix included. Dropped when the connection is closing. */
  send(frame: Uint8Array): void {
    if (!this.isOpen) return
    const header = Buffer.allocUnsafe(webSocketHeaderBytes(frame.byteLength))
    writeWebSocketHeader(header, frame.byteLength)
    this.#corkThisTurn()
    this.#socket.write(header)
    this.#socket.write(frame, this.#onFlushed)
  }

  /**
   * Sends a frame whose body stays where it is: the socket holds on to the view until the kernel has
   * taken the bytes, and they must not change until then. Dropped when the connection is closing.
   */
  sendView(
    frame: { readonly type: FrameTypeNumber; readonly channel: number },
    body: Uint8Array,
  ): void {
    if (!this.isOpen) return
    const payloadBytes = FRAME_PREFIX_BYTES + body.byteLength
    const headerBytes = webSocketHeaderBytes(payloadBytes)
    const header = Buffer.allocUnsafe(headerBytes + FRAME_PREFIX_BYTES)
    writeWebSocketHeader(header, payloadBytes)
    writeFramePrefix(header, headerBytes, frame)
    this.#corkThisTurn()
    this.#socket.write(header)
    this.#socket.write(body, this.#onFlushed)
  }

  /** Stops reading. Messages of the piece that was read last may still come. */
  pauseReading(): void {
    this.#webSocket.pause()
  }

  /** Reads on. */
  resumeReading(): void {
    this.#webSocket.resume()
  }

  /** Sends a close frame behind everything queued; `ws` waits for the peer's and ends the socket. */
  close(code: number, reason: string): void {
    this.#webSocket.onFailure = undefined
    // The peer's own close frame, or its last bytes, may be behind what we stopped reading.
    this.#webSocket.resume()
    this.#webSocket.close(code, reason)
  }

  /** Ends the connection at once; what is queued is lost. */
  terminate(): void {
    this.#webSocket.terminate()
  }

  #corkThisTurn(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    process.nextTick(this.#uncork)
  }

  readonly #uncork = (): void => {
    this.#isCorked = false
    this.#socket.uncork()
  }
}
