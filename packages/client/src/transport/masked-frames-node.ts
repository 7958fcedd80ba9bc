/**
 * Large messages onto the socket of a `ws` client, masked into memory that is used over and over.
 *
 * `ws` copies each message into a buffer of its own to mask it there, which is most of what publishing in
 * bulk costs the client. Here it is masked while it is copied, into memory that is used again once the
 * socket has taken it: mostly at once, when the kernel had room, so that one piece of memory serves a whole
 * transfer and stays in the processor's cache. Keys are random (RFC 6455 §5.3). As each frame is written in
 * one synchronous step, none of `ws`'s own can come in between (docs/adr/0015).
 */

import { randomFillSync } from 'node:crypto'
import type { Socket } from 'node:net'

import { maskInto, type MaskInto } from './native-addons-node.js'

/** Bytes from which a message is sent here; below, `ws` costs no more. */
export const LARGE_MESSAGE_BYTES = 1024

const FINAL_BINARY = 0x82
const MASKED = 0x80
const LENGTH_16 = 126
const LENGTH_64 = 127
const LENGTH_16_MAX = 0xffff
const TWO_TO_32 = 0x1_0000_0000
const KEY_BYTES = 4
/** Room for the longest header, so that what follows is aligned. */
const HEADER_ROOM = 16

/** Bytes of a buffer that is used again: a batch of the default size and what surrounds it. */
const BUFFER_BYTES = 80 * 1024
/** How many such buffers there are: as many batches as may wait in the socket, and the one that is too many. */
const BUFFER_COUNT_MAX = 17
const KEYS_AT_ONCE = 1024

/** The sender of one connection. */
export class MaskedFrames {
  readonly #socket: Socket
  readonly #maskInto: MaskInto
  readonly #idle: Buffer[] = []
  /** Buffers to be used again, those in use included. */
  #bufferCount = 0
  readonly #keys = new Uint8Array(KEYS_AT_ONCE * KEY_BYTES)
  #nextKey = KEYS_AT_ONCE

  constructor(socket: Socket, mask: MaskInto = maskInto) {
    this.#socket = socket
    this.#maskInto = mask
  }

  /** Sends a final, binary message. The caller may change `message` as soon as this returns. */
  send(message: Uint8Array): void {
    const { length } = message
    const buffer = this.#take(HEADER_ROOM + length)
    const start = writeHeader(buffer, length)
    const key = buffer.subarray(HEADER_ROOM - KEY_BYTES, HEADER_ROOM)
    this.#writeKey(key)
    this.#maskInto(message, key, buffer.subarray(HEADER_ROOM))
    let isTaken = false
    this.#socket.write(buffer.subarray(start, HEADER_ROOM + length), () => {
      if (!isTaken) this.#giveBack(buffer)
    })
    // The kernel has it already, although the socket will only say so when this turn is over.
    isTaken = this.#socket.writableLength === 0
    if (isTaken) this.#giveBack(buffer)
  }

  #take(length: number): Buffer {
    if (length > BUFFER_BYTES) return Buffer.allocUnsafeSlow(length)
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    // A thousand small messages may wait: not in a buffer each that is eighty times as large.
    if (this.#bufferCount === BUFFER_COUNT_MAX) return Buffer.allocUnsafeSlow(length)
    this.#bufferCount += 1
    return Buffer.allocUnsafeSlow(BUFFER_BYTES)
  }

  #giveBack(buffer: Buffer): void {
    if (buffer.length === BUFFER_BYTES && this.#idle.length < BUFFER_COUNT_MAX)
      this.#idle.push(buffer)
  }

  #writeKey(target: Uint8Array): void {
    if (this.#nextKey === KEYS_AT_ONCE) {
      randomFillSync(this.#keys)
      this.#nextKey = 0
    }
    const at = this.#nextKey * KEY_BYTES
    target.set(this.#keys.subarray(at, at + KEY_BYTES))
    this.#nextKey += 1
  }
}

/** Writes the header, but for the key, so that it ends at HEADER_ROOM; returns where it begins. */
function writeHeader(buffer: Buffer, payloadBytes: number): number {
  const isLong = payloadBytes > LENGTH_16_MAX
  const lengthAt = HEADER_ROOM - KEY_BYTES - (isLong ? 8 : 2)
  if (isLong) {
    buffer.writeUInt32BE(Math.floor(payloadBytes / TWO_TO_32), lengthAt)
    buffer.writeUInt32BE(payloadBytes % TWO_TO_32, lengthAt + 4)
  } else {
    buffer.writeUInt16BE(payloadBytes, lengthAt)
  }
  buffer[lengthAt - 2] = FINAL_BINARY
  buffer[lengthAt - 1] = MASKED | (isLong ? LENGTH_64 : LENGTH_16)
  return lengthAt - 2
}
