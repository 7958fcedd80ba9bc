/**
 * Frames onto the wire: the one place that writes to a connection's socket.
 *
 * Every frame is one WebSocket message, written to the `net.Socket` itself: a small header and the
 * bytes as they are, for a run of batches the view of the mapping. Nothing is split, and nothing copied but
 * what is small. Since each message is written in one synchronous step, no other can come in between:
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

/** A frame up to here is copied behind its header: a second piece for the kernel costs more. */
const JOINED_BYTES_MAX = 1024

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
    const { byteLength } = frame
    const headerBytes = webSocketHeaderBytes(byteLength)
    const isSmall = byteLength <= JOINED_BYTES_MAX
    const header = Buffer.allocUnsafe(headerBytes + (isSmall ? byteLength : 0))
    writeWebSocketHeader(header, byteLength)
    if (isSmall) header.set(frame, headerBytes)
    this.#write(header, isSmall ? undefined : frame)
  }

  /**
   * Sends a frame whose body stays where it is: the socket holds on to the view until the kernel has
   * taken the bytes, and they must not change until then; a small one is copied. Dropped when the connection
   * is closing.
   */
  sendView(
    frame: { readonly type: FrameTypeNumber; readonly channel: number },
    body: Uint8Array,
  ): void {
    if (!this.isOpen) return
    const payloadBytes = FRAME_PREFIX_BYTES + body.byteLength
    const headerBytes = webSocketHeaderBytes(payloadBytes)
    const bodyAt = headerBytes + FRAME_PREFIX_BYTES
    const isSmall = body.byteLength <= JOINED_BYTES_MAX
    const header = Buffer.allocUnsafe(bodyAt + (isSmall ? body.byteLength : 0))
    writeWebSocketHeader(header, payloadBytes)
    writeFramePrefix(header, headerBytes, frame)
    if (isSmall) header.set(body, bodyAt)
    this.#write(header, isSmall ? undefined : body)
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

  /** One message; `rest` is what was not copied behind the header. */
  #write(header: Uint8Array, rest: Uint8Array | undefined): void {
    this.#corkThisTurn()
    if (rest === undefined) {
      this.#socket.write(header, this.#onFlushed)
      return
    }
    this.#socket.write(header)
    this.#socket.write(rest, this.#onFlushed)
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
