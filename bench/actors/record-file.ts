/**
 * A file that is written frame by frame, with no log: what was written is compared afterwards.
 *
 * Its blocks are reserved before, as those of a segment of ours are: of the ways there are to have a file
 * written, in pieces of 64 KiB, the cheapest: a new file took up to a tenth more.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MappedStorage } from '@tailrace/core'
import type { StorageFile } from '@tailrace/core'
import { BareFrame } from '../clients/bare-frames.js'

/** At once. */
const COMPARED_BYTES = 64 * 1024

/** A file whose blocks are reserved, and then written from its beginning on. Of whoever made it. */
export class RecordFile {
  readonly #directory: string
  readonly #mapped: StorageFile
  readonly #descriptor: number
  #writtenBytes = 0

  private constructor(directory: string, mapped: StorageFile) {
    this.#directory = directory
    this.#mapped = mapped
    this.#descriptor = openSync(join(directory, 'records'), 'r+')
  }

  /** Makes a file with room for so much. */
  static async prepare(bytes: number): Promise<RecordFile> {
    const parent = process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
    const directory = await mkdtemp(join(parent, 'tailrace-bench-'))
    const mapped = await new MappedStorage(directory).create('records', bytes, { isSynced: false })
    return new RecordFile(directory, mapped)
  }

  /** Writes a frame behind the last, in this turn. */
  write(frame: Uint8Array): void {
    const { length } = frame
    if (writeSync(this.#descriptor, frame, 0, length, this.#writtenBytes) !== length) {
      throw new Error('a short write')
    }
    this.#writtenBytes += length
  }

  /**
   * All that the file has room for, as memory. It is gone when the file is.
   */
  get bytes(): Uint8Array {
    return this.#mapped.bytes
  }

  /** Throws unless just so many values are in the file: those that `valueOf` gives for each number from 0 on. */
  check(count: number, valueOf: (number: number) => Uint8Array): void {
    const frame = new BareFrame(COMPARED_BYTES)
    let at = 0
    for (let number = 0; number < count;) {
      for (let value = valueOf(number); number < count && frame.hasRoomFor(value.length);) {
        frame.append(value)
        number += 1
        value = valueOf(number)
      }
      const end = at + frame.bytes.length
      if (frame.bytes.compare(this.#mapped.bytes, at, end) !== 0) {
        throw new Error(`what was written at ${at} is not there`)
      }
      at = end
      frame.clear()
    }
    if (at !== this.#writtenBytes) throw new Error(`${this.#writtenBytes} of ${at} bytes written`)
  }

  /** Closes and removes the file. */
  async remove(): Promise<void> {
    closeSync(this.#descriptor)
    this.#mapped.close()
    await rm(this.#directory, { recursive: true })
  }
}
