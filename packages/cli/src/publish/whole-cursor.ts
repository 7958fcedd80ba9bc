/**
 * Makes one record of everything there is, also of nothing.
 */

import { BATCH_LENGTH_MAX, formatBytes } from '@tailrace/format'

import { CommandError } from '../command-error.js'
import { type RecordCursor } from './record-cursor.js'

/** Walks an input whose only record is the whole of it. */
export class WholeCursor implements RecordCursor {
  bytes: Uint8Array = new Uint8Array(0)
  readonly start = 0
  end = 0
  readonly #chunks: Uint8Array[] = []

  /** @throws {CommandError} BAD_INPUT when there is more than any batch may hold */
  push(chunk: Uint8Array): void {
    this.end += chunk.length
    if (this.end > BATCH_LENGTH_MAX) {
      throw new CommandError(
        'BAD_INPUT',
        `the input is longer than a record may be (${formatBytes(BATCH_LENGTH_MAX)}); publish it by lines`,
      )
    }
    this.#chunks.push(Uint8Array.from(chunk))
  }

  next(): boolean {
    return false
  }

  finish(): boolean {
    this.bytes = Buffer.concat(this.#chunks)
    return true
  }
}
