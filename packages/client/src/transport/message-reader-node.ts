/**
 * Reads binary messages off the socket of a `ws` client and leaves everything else to `ws`.
 *
 * `ws` collects the pieces of a message in buffers of their own and copies them together. Here the socket
 * reads into pages (read-pages-node.ts), and a large message is a view of the page that it was read into:
 * nobody copies it, or once, as far as it had come before its length was known (docs/adr/0017). A smaller one
 * gets bytes of its own, so that who keeps it does not keep a page.
 *
 * Walks from frame to frame as the server's `MessageReader` does. Pings, pongs and messages that are too long
 * for a page go to `ws` as they came. With the first frame that is anything else (a fragment, text, a close
 * frame, one against the rules) the reader steps aside for good: `ws` has every byte from there on.
 *
 * Invariants: bytes of a page that are part of a message never change, unless it was given back. `ws` gets copies, in order, and is
 * never in the middle of a frame while a message is read here.
 */

import { connect, type NetConnectOpts, type Socket } from 'node:net'

import { ReadPages, READ_BYTES_MIN } from './read-pages-node.js'
import type { Clock } from '../io/clock.js'
import { decodeServerFrameHeader, Opcode, type ServerFrameHeader } from './server-frame-header.js'
import type { TransportEvents } from './transport.js'

/** Messages longer than this are left to `ws`. */
export const MESSAGE_BYTES_MAX = 512 * 1024

/** Messages from here on are views. */
export const VIEW_BYTES_MIN = 16 * 1024

/** The longest payload of a control frame. */
const CONTROL_BYTES_MAX = 125

type DataListener = (this: Socket, chunk: Buffer) => void

/** What a reader needs. */
export interface MessageReaderOptions {
  /** Bytes above which a message is refused, by `ws`. */
  readonly payloadBytesMax: number
  /** Takes a whole binary message: {@link TransportEvents.onMessage}. */
  readonly onMessage: TransportEvents['onMessage']
  /** Says how fast bytes come. Default: the machine's. */
  readonly clock?: Pick<Clock, 'elapsedMs'>
}

/**
 * The incoming stream of one connection, taken apart into messages.
 *
 * ```
 *   page   | dealt with | part of a frame | room for the next read |
 *          0            #position         #filled                  its length
 * ```
 */
export class MessageReader {
  readonly #options: MessageReaderOptions
  #socket: Socket | undefined
  /** `passing` on everything that is read to the socket's listeners: before the first frame, and aside. */
  #state: 'passing' | 'reading' = 'passing'
  #toWebSocket: DataListener = () => undefined
  readonly #pages: ReadPages
  #page: Uint8Array
  #filled = 0
  #position = 0
  /** Where the frame ends of which a part is there, if that is in the page; 0 while that is not known. */
  #frameEnd = 0
  /** Whether some message that was not given back is a view of the page. */
  #isLent = false
  /** Bytes of the present frame that are still to come, for `ws`. */
  #leftForWebSocket = 0

  constructor(options: MessageReaderOptions) {
    this.#options = options
    this.#pages = new ReadPages(options.clock)
    this.#page = this.#pages.first()
  }

  /** Connects a socket whose bytes this reader gets. Until `start` they are handed on to its listeners. */
  connect(options: NetConnectOpts): Socket {
    const onread = {
      buffer: () => this.#room(),
      callback: (byteCount: number) => this.#onRead(byteCount),
    }
    this.#socket = connect({ ...options, onread })
    return this.#socket
  }

  /** Begins to read frames. `ws` has just put its `data` listener, the only one, on the socket. */
  start(): void {
    const socket = this.#socket
    // What came together with the answer to the upgrade is `ws`'s already; rare enough to leave it all.
    if (socket === undefined || socket.readableLength > 0) return
    this.#toWebSocket = socket.listeners('data')[0] as DataListener
    socket.off('data', this.#toWebSocket)
    this.#state = 'reading'
  }

  /** Where the socket is to read to next. */
  #room(): Uint8Array {
    // What completes a message is read, however little room there is for it.
    if (this.#frameEnd <= this.#filled) {
      const isShort = this.#page.length - this.#filled < READ_BYTES_MIN
      if (isShort || this.#pages.isOutgrown(this.#page))
        this.#turnTo(this.#pages.next(this.#page, this.#isLent))
    }
    return this.#page.subarray(this.#filled)
  }

  /** So many bytes were read into the room. False when no more should be read until `resume`. */
  #onRead(byteCount: number): boolean {
    if (this.#state === 'passing') {
      const bytes = this.#page.subarray(this.#filled, this.#filled + byteCount)
      return this.#socket?.push(Buffer.from(bytes)) ?? true
    }
    this.#filled += byteCount
    this.#pages.noteRead(byteCount)
    this.#readFrames()
    return true
  }

  #readFrames(): void {
    while (this.#position < this.#filled) {
      if (this.#leftForWebSocket > 0) this.#passOn()
      else if (!this.#readFrame()) return
    }
    if (this.#isLent) return
    this.#position = 0
    this.#filled = 0
  }

  /** Deals with the frame at the position. False when more of it has to come. */
  #readFrame(): boolean {
    const header = decodeServerFrameHeader(this.#page, this.#position, this.#filled)
    if (header === undefined) return false
    const { headerBytes, payloadBytes } = header
    if (!isMessage(header)) {
      this.#leftForWebSocket = headerBytes + payloadBytes
      if (!this.#isPassing(header)) this.#stepAside()
      return true
    }
    const frameBytes = headerBytes + payloadBytes
    if (this.#position + frameBytes > this.#filled) {
      const isLarge = payloadBytes >= VIEW_BYTES_MIN
      const isCramped = this.#position + frameBytes > this.#page.length
      if (isCramped || (isLarge && !this.#pages.isLendable(this.#page)))
        this.#turnTo(this.#pages.forMessage(frameBytes))
      this.#frameEnd = this.#position + frameBytes
      return false
    }
    const end = this.#position + frameBytes
    this.#frameEnd = 0
    this.#position = end
    this.#handOut(end - payloadBytes, end)
    return true
  }

  /** Plain `Uint8Array`s, because views of a Buffer are Buffers, down to the application's values. */
  #handOut(start: number, end: number): void {
    const page = this.#page
    const isLarge = end - start >= VIEW_BYTES_MIN
    const isView = isLarge && this.#pages.isLendable(page)
    const isGivenBack = this.#options.onMessage(
      isView
        ? new Uint8Array(page.buffer, page.byteOffset + start, end - start)
        : new Uint8Array(page.subarray(start, end)),
    )
    if (isLarge) this.#pages.noteTaken(isGivenBack)
    if (!isView || isGivenBack) return
    this.#isLent = true
    this.#pages.giveAway(page)
  }

  /** True for a frame of `ws` that leaves the connection as it was. */
  #isPassing({ isFinal, isWrong, opcode, payloadBytes }: ServerFrameHeader): boolean {
    if (!isFinal || isWrong) return false
    if (opcode === Opcode.BINARY) return payloadBytes <= this.#options.payloadBytesMax
    const isPingOrPong = opcode === Opcode.PING || opcode === Opcode.PONG
    return isPingOrPong && payloadBytes <= CONTROL_BYTES_MAX
  }

  /** Hands `ws` what belongs to a frame of its. */
  #passOn(): void {
    const end = Math.min(this.#filled, this.#position + this.#leftForWebSocket)
    const bytes = Buffer.from(this.#page.subarray(this.#position, end))
    this.#leftForWebSocket -= bytes.length
    this.#position = end
    if (this.#socket !== undefined) this.#toWebSocket.call(this.#socket, bytes)
  }

  /** Puts `ws`, which takes its listener off when it has heard enough, back in its place. */
  #stepAside(): void {
    const rest = Buffer.from(this.#page.subarray(this.#position, this.#filled))
    this.#state = 'passing'
    this.#leftForWebSocket = 0
    this.#position = this.#filled
    this.#socket?.on('data', this.#toWebSocket)
    this.#socket?.push(rest)
  }

  /** Moves what is not dealt with to the start of a page, which may be the same. */
  #turnTo(page: Uint8Array): void {
    const rest = this.#page.subarray(this.#position, this.#filled)
    page.set(rest)
    this.#page = page
    this.#isLent = false
    this.#position = 0
    this.#filled = rest.length
  }
}

function isMessage({ isFinal, isWrong, opcode, payloadBytes }: ServerFrameHeader): boolean {
  if (!isFinal || isWrong || opcode !== Opcode.BINARY) return false
  return payloadBytes <= MESSAGE_BYTES_MAX
}
