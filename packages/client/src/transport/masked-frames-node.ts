/**
 * Large messages onto the socket of a `ws` client, masked eight bytes at a time.
 *
 * `ws` masks a message byte by byte into a buffer of its own, which is most of what publishing in bulk
 * costs the client. Here a message is copied into memory that is used again once the socket has taken
 * it, and masked there. Keys are random (RFC 6455 §5.3). As each frame is written in one synchronous
 * step, none of `ws`'s own can come in between (docs/adr/0015).
 */

import { randomFillSync } from 'node:crypto'
import type { Socket } from 'node:net'

import { applyMask } from '@tailrace/protocol'

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
/** How many such buffers are kept. */
const IDLE_COUNT_MAX = 16
const KEYS_AT_ONCE = 1024

/** The sender of one connection. */
export class MaskedFrames {
  readonly #socket: Socket
  readonly #idle: Buffer[] = []
  readonly #keys = new Int32Array(KEYS_AT_ONCE)
  #nextKey = KEYS_AT_ONCE

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Sends a final, binary message. The caller may change `message` as soon as this returns. */
  send(message: Uint8Array): void {
    const { length } = message
    const buffer = this.#take(HEADER_ROOM + length)
    const key = this.#key()
    const start = writeHeader(buffer, length, key)
    const end = HEADER_ROOM + length
    buffer.set(message, HEADER_ROOM)
    applyMask(buffer.subarray(HEADER_ROOM, end), key)
    this.#socket.write(buffer.subarray(start, end), () => this.#giveBack(buffer))
  }

  #take(length: number): Buffer {
    if (length > BUFFER_BYTES) return Buffer.allocUnsafeSlow(length)
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
  }

  #giveBack(buffer: Buffer): void {
    if (buffer.length === BUFFER_BYTES && this.#idle.length < IDLE_COUNT_MAX)
      this.#idle.push(buffer)
  }

  #key(): number {
    if (this.#nextKey === KEYS_AT_ONCE) {
      randomFillSync(this.#keys)
      this.#nextKey = 0
    }
    const key = this.#keys[this.#nextKey] ?? 0
    this.#nextKey += 1
    return key
  }
}

/** Writes the header so that it ends at HEADER_ROOM; returns where it begins. */
function writeHeader(buffer: Buffer, payloadBytes: number, key: number): number {
  const isLong = payloadBytes > LENGTH_16_MAX
  const lengthAt = HEADER_ROOM - KEY_BYTES - (isLong ? 8 : 2)
  if (isLong) {
    buffer.writeUInt32BE(Math.floor(payloadBytes / TWO_TO_32), lengthAt)
    buffer.writeUInt32BE(payloadBytes % TWO_TO_32, lengthAt + 4)
  } else {
    buffer.writeUInt16BE(payloadBytes, lengthAt)
  }
  buffer.writeInt32LE(key, HEADER_ROOM - KEY_BYTES)
  buffer[lengthAt - 2] = FINAL_BINARY
  buffer[lengthAt - 1] = MASKED | (isLong ? LENGTH_64 : LENGTH_16)
  return lengthAt - 2
}
