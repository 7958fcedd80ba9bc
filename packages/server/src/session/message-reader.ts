/**
 * Reads messages off the socket itself and leaves everything else to `ws`.
 *
 * What clients send is final, masked, binary frames. `ws` would collect the pieces of each in buffers of
 * their own and copy them together; here they are copied once, into memory that is used again
 * (docs/adr/0015).
 *
 * Walks the stream from frame to frame. The bytes of other frames go to `ws` as they came. With the first
 * frame that is anything but a whole binary message, a ping or a pong (a piece of one, text, a close
 * frame, one that is too large or against the rules) the reader steps aside for good: `ws` gets every byte
 * from there on and decides what it means.
 *
 * Invariants: `ws` sees whole frames only, in order, and is never in the middle of one while a message
 * is read here.
 */

import type { Socket } from 'node:net'

import type { LentReads } from '../io/lent-reads.js'
import { decodeFrameHeader, FRAME_HEADER_BYTES_MAX, Opcode } from './frame-header.js'
import type { FrameHeader } from './frame-header.js'
import { MESSAGE_BUFFER_BYTES, type MessageBuffers } from './message-buffers.js'
import { unmaskInto } from './unmask.js'

/** Payload bytes from which a message is read into memory that is lent; a shorter one gets its own. */
const LENT_BYTES_MIN = 1024

/** The longest payload of a control frame. */
const CONTROL_BYTES_MAX = 125

const EMPTY = Buffer.alloc(0)

/** What a reader is made of. */
export interface MessageReaderOptions {
  /** With the `data` listener of `ws` on it, and no other. */
  readonly socket: Socket
  readonly buffers: MessageBuffers
  /** Bytes above which a message is refused, by `ws`. */
  readonly payloadBytesMax: number
  /** Whether messages are taken here; if not, `ws` has them. */
  readonly isOpen: () => boolean
  /**
   * Takes a whole message. Returns true when it still uses the bytes afterwards, which are its own then;
   * otherwise they change after the call.
   */
  readonly onMessage: (message: Uint8Array) => boolean
}

type DataListener = (this: Socket, chunk: Buffer) => void

/** The stream of a connection, taken apart into frames. */
export class MessageReader {
  readonly #options: MessageReaderOptions
  readonly #toWebSocket: DataListener
  /** The beginning of a frame whose header was not complete in the last piece. */
  #begun: Buffer = EMPTY
  /** Bytes of the present frame that are still to come, for `ws`. */
  #leftForWebSocket = 0
  #isAside = false
  /** The piece that is being read changes afterwards. */
  #isLent = false
  #buffer: Uint8Array | undefined
  #filled = 0
  #length = 0
  #key = 0

  constructor(options: MessageReaderOptions) {
    const { socket } = options
    this.#options = options
    this.#toWebSocket = socket.listeners('data')[0] as DataListener
    socket.off('data', this.#toWebSocket)
    socket.on('data', this.#onData)
    // Before that of `ws`, which hands what is left in the socket straight to its own receiver.
    socket.prependListener('close', () => {
      const rest = this.#isAside ? null : (socket.read() as Buffer | null)
      if (rest !== null) this.#read(rest)
      if (this.#buffer !== undefined) this.#giveBack(this.#buffer)
      this.#buffer = undefined
    })
  }

  /** Has the socket read into memory that it shares with others, where that can be done. */
  shareReads(reads: LentReads): void {
    if (!this.#isAside) reads.lendTo(this.#options.socket, this.#onLent)
  }

  readonly #onData = (chunk: Buffer): void => this.#read(chunk)

  readonly #onLent = (chunk: Buffer): boolean => {
    // The way everything takes that comes from a socket, to the listener that `ws` has on it again.
    if (this.#isAside) return this.#options.socket.push(Buffer.from(chunk))
    this.#isLent = true
    this.#read(chunk)
    this.#isLent = false
    return true
  }

  #read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#isAside) {
      if (this.#buffer !== undefined) at = this.#fill(this.#buffer, chunk, at)
      else if (this.#leftForWebSocket > 0) at = this.#passOn(chunk, at)
      else at = this.#beginFrame(chunk, at)
    }
    if (at < chunk.length) this.#giveToWebSocket(chunk.subarray(at))
  }

  /** Reads the header at `at` and says where the rest begins. */
  #beginFrame(chunk: Buffer, at: number): number {
    const begun = this.#begun
    const isBegun = begun.length > 0
    const bytes = isBegun
      ? Buffer.concat([begun, chunk.subarray(at, at + FRAME_HEADER_BYTES_MAX)])
      : chunk
    const header = decodeFrameHeader(bytes, isBegun ? 0 : at)
    if (header === undefined) {
      this.#begun = isBegun ? bytes : Buffer.from(chunk.subarray(at))
      return chunk.length
    }
    this.#begun = EMPTY
    const headerEnd = at + header.headerBytes - begun.length
    if (this.#begin(header)) return headerEnd
    this.#leftForWebSocket = headerEnd - at + header.payloadBytes
    if (!this.#isPassing(header)) this.#stepAside()
    if (isBegun) this.#giveToWebSocket(begun)
    return at
  }

  /** Makes ready for a message, unless the frame is for `ws`. */
  #begin({ isFinal, isReserved, opcode, payloadBytes, key }: FrameHeader): boolean {
    const { buffers, isOpen, payloadBytesMax } = this.#options
    if (!isFinal || isReserved || opcode !== Opcode.BINARY || key === undefined) return false
    if (payloadBytes === 0 || payloadBytes > MESSAGE_BUFFER_BYTES) return false
    if (payloadBytes > payloadBytesMax || !isOpen()) return false
    // Of a server's commands most keep their message, so a short one must not hold on to a long buffer.
    const isShort = payloadBytes < LENT_BYTES_MIN
    this.#buffer = isShort ? Buffer.allocUnsafe(payloadBytes) : buffers.take()
    this.#filled = 0
    this.#length = payloadBytes
    this.#key = key
    return true
  }

  /** True for a frame of `ws` that leaves the connection as it was. */
  #isPassing({ isFinal, isReserved, opcode, payloadBytes, key }: FrameHeader): boolean {
    if (!isFinal || isReserved || key === undefined) return false
    if (opcode === Opcode.BINARY) return payloadBytes <= this.#options.payloadBytesMax
    const isPingOrPong = opcode === Opcode.PING || opcode === Opcode.PONG
    return isPingOrPong && payloadBytes <= CONTROL_BYTES_MAX
  }

  /** Puts `ws`, which takes its listener off when it has heard enough, back in its place. */
  #stepAside(): void {
    const { socket } = this.#options
    this.#isAside = true
    socket.off('data', this.#onData)
    socket.prependListener('data', this.#toWebSocket)
  }

  /** Hands on what belongs to a frame of `ws`, and says where the rest begins. */
  #passOn(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#leftForWebSocket)
    this.#leftForWebSocket -= end - at
    this.#giveToWebSocket(chunk.subarray(at, end))
    return end
  }

  /** Copies what belongs to the message, hands it on when it is whole, and says where the rest begins. */
  #fill(buffer: Uint8Array, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#length - this.#filled)
    const piece = { key: this.#key, position: this.#filled }
    unmaskInto(buffer.subarray(this.#filled), chunk.subarray(at, end), piece)
    this.#filled += end - at
    if (this.#filled === this.#length) this.#deliver(buffer)
    return end
  }

  #deliver(buffer: Uint8Array): void {
    this.#buffer = undefined
    const isKept = this.#options.onMessage(buffer.subarray(0, this.#length))
    if (!isKept) this.#giveBack(buffer)
  }

  #giveBack(buffer: Uint8Array): void {
    if (this.#length >= LENT_BYTES_MIN) this.#options.buffers.giveBack(buffer)
  }

  /** `ws` keeps what it is given until the frame is whole. */
  #giveToWebSocket(bytes: Buffer): void {
    const kept = this.#isLent ? Buffer.from(bytes) : bytes
    this.#toWebSocket.call(this.#options.socket, kept)
  }
}
