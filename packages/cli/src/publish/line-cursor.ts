/**
 * Cuts input at newlines; the bytes between two of them are a record, whatever they are.
 *
 * Nothing is decoded: a carriage return stays, an empty line is an empty record, bytes that are not
 * UTF-8 pass. A last line without a newline is a record too. A line that spans chunks is put together
 * in a buffer of its own; all others are ranges of the chunk.
 */

import { BATCH_LENGTH_MAX, formatBytes } from '@tailrace/format'

import { CommandError } from '../command-error.js'
import { type RecordCursor } from './record-cursor.js'

const NEWLINE = 0x0a
const CARRY_CAPACITY_BYTES = 4096

/** Walks the lines of an input. */
export class LineCursor implements RecordCursor {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  #chunk: Buffer = Buffer.alloc(0)
  #position = 0
  #lineCount = 0
  /** The beginning of a line that the chunks so far did not complete. */
  #carry = Buffer.alloc(CARRY_CAPACITY_BYTES)
  #carriedBytes = 0

  push(chunk: Uint8Array): void {
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#position = 0
  }

  /** @throws {CommandError} BAD_INPUT when a line is longer than any batch may be */
  next(): boolean {
    const newlineAt = this.#chunk.indexOf(NEWLINE, this.#position)
    if (newlineAt === -1) {
      this.#keep(this.#chunk.length)
      return false
    }
    if (this.#carriedBytes === 0) {
      this.#moveTo(this.#chunk, this.#position, newlineAt)
    } else {
      this.#keep(newlineAt)
      this.#moveToCarried()
    }
    this.#position = newlineAt + 1
    return true
  }

  finish(): boolean {
    if (this.#carriedBytes === 0) return false
    this.#moveToCarried()
    return true
  }

  #moveTo(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.#lineCount += 1
  }

  #moveToCarried(): void {
    this.#moveTo(this.#carry, 0, this.#carriedBytes)
    this.#carriedBytes = 0
  }

  /** Puts the chunk's bytes up to `end` behind those that are carried already. */
  #keep(end: number): void {
    const sizeBytes = this.#carriedBytes + end - this.#position
    if (sizeBytes > BATCH_LENGTH_MAX) {
      throw new CommandError(
        'BAD_INPUT',
        `line ${this.#lineCount + 1} is longer than ${formatBytes(BATCH_LENGTH_MAX)}`,
      )
    }
    if (sizeBytes > this.#carry.length) this.#growCarry(sizeBytes)
    this.#chunk.copy(this.#carry, this.#carriedBytes, this.#position, end)
    this.#carriedBytes = sizeBytes
    this.#position = end
  }

  #growCarry(sizeBytes: number): void {
    const larger = Buffer.alloc(Math.max(sizeBytes, this.#carry.length * 2))
    this.#carry.copy(larger, 0, 0, this.#carriedBytes)
    this.#carry = larger
  }
}
