/**
 * A file whose bytes are a shared mapping: a view is a read, and both a store and a write show in it.
 *
 * Keeps one descriptor for writes, and for `fdatasync`, which also writes what was stored through the mapping.
 * Pages that were stored to one after another are left to the page cache, some MiB behind: a process that
 * writes gigabytes would seem to need as much memory, and whoever watches it would believe that.
 *
 * Mapped when somebody looks at the bytes: where they are only written and synced nothing is mapped, and of ten
 * thousand streams that are written in turn most are not read meanwhile.
 *
 * Does not truncate or grow: a mapping that reaches past its file kills the process when touched.
 */
import { closeSync, fdatasync, writevSync } from 'node:fs'
import type { ClosedMappings } from './closed-mappings.js'
import { isResident, leavePages, mapFile, PAGE_BYTES } from './mmap.js'
import { readIntoCache } from './read-ahead.js'
import { storageErrorOf } from './storage-error.js'
import type { StorageFile } from './storage-port.js'

/** What is stored to a file before its pages are left. */
const HELD_BYTES = 8 * 1024 * 1024

/** What a mapped file is made with. */
export interface MappedFileOptions {
  readonly path: string
  /** Its own; closed with it. */
  readonly descriptor: number
  /** Of the whole file. */
  readonly sizeBytes: number
  readonly mode: 'read' | 'write'
  /** Is told when the file is closed that was mapped. */
  readonly closedMappings: ClosedMappings
}

/** A memory-mapped file with the descriptor that syncs it. */
export class MappedFile implements StorageFile {
  readonly #path: string
  readonly #sizeBytes: number
  readonly #mode: 'read' | 'write'
  #bytes: Uint8Array | undefined
  #descriptor: number | undefined
  /** Syncs and reads in flight. */
  #usersCount = 0
  readonly #closedMappings: ClosedMappings
  #isClosing = false
  /** Position of a page up to which all were left. */
  #leftTo = 0

  constructor(options: MappedFileOptions) {
    this.#path = options.path
    this.#descriptor = options.descriptor
    this.#sizeBytes = options.sizeBytes
    this.#mode = options.mode
    this.#closedMappings = options.closedMappings
  }

  /** @throws {StorageError} IO_ERROR when it cannot be mapped. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= this.#map())
  }

  /** Maps it now. @throws as {@link bytes}. */
  map(): void {
    this.#bytes ??= this.#map()
  }

  /** The store was the write: MAP_SHARED pages are the page cache. */
  wrote(_start: number, end: number): void {
    if (this.#bytes === undefined || end - this.#leftTo < HELD_BYTES) return
    // The last one is stored to again.
    const wholeEnd = end - (end % PAGE_BYTES)
    const isLeft = leavePages(this.#bytes, this.#leftTo, wholeEnd - this.#leftTo)
    this.#leftTo = isLeft ? wholeEnd : Infinity
  }

  write(position: number, parts: readonly Uint8Array[]): void {
    const descriptor = this.#descriptor
    if (descriptor === undefined) throw new Error(`write to the closed file "${this.#path}"`)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (position + length > this.#sizeBytes) throw new Error('write beyond the end of the file')
    try {
      writeAll(descriptor, position, parts)
    } catch (error) {
      throw storageErrorOf(error, 'writing', this.#path)
    }
    this.wrote(position, position + length)
  }

  async sync(): Promise<void> {
    const descriptor = this.#descriptor
    if (descriptor === undefined) throw new Error(`sync of the closed file "${this.#path}"`)
    await this.#using(
      () =>
        new Promise<void>((resolve, reject) => {
          fdatasync(descriptor, (error) => {
            if (error === null) resolve()
            else reject(storageErrorOf(error, 'syncing', this.#path))
          })
        }),
    )
  }

  readAhead(start: number, end: number): Promise<void> | undefined {
    const descriptor = this.#descriptor
    if (descriptor === undefined) return undefined
    const first = start - (start % PAGE_BYTES)
    if (isResident(this.bytes.subarray(first, end))) return undefined
    return this.#using(() => readIntoCache({ path: this.#path, descriptor, start: first, end }))
  }

  close(): void {
    if (!this.#isClosing && this.#bytes !== undefined) this.#closedMappings.note(this.#bytes)
    this.#isClosing = true
    this.#release()
  }

  #map(): Uint8Array {
    const descriptor = this.#descriptor
    if (descriptor === undefined) throw new Error(`look at the closed file "${this.#path}"`)
    if (this.#sizeBytes === 0) return new Uint8Array(0)
    try {
      return mapFile(descriptor, this.#sizeBytes, this.#mode)
    } catch (error) {
      throw storageErrorOf(error, 'mapping', this.#path)
    }
  }

  /** Does something with the descriptor, which stays open meanwhile. */
  async #using(work: () => Promise<void>): Promise<void> {
    this.#usersCount += 1
    try {
      await work()
    } finally {
      this.#usersCount -= 1
      if (this.#isClosing) this.#release()
    }
  }

  /** Closes the descriptor once nothing uses it: its number could be reused under a sync. */
  #release(): void {
    if (this.#descriptor === undefined || this.#usersCount > 0) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}

/** A short write is not an error; the next one meets the cause. */
function writeAll(descriptor: number, position: number, parts: readonly Uint8Array[]): void {
  const written = writevSync(descriptor, parts, position)
  let left = written
  const rest = parts.flatMap((part) => {
    const skipped = Math.min(left, part.length)
    left -= skipped
    return skipped === part.length ? [] : [part.subarray(skipped)]
  })
  if (rest.length > 0) writeAll(descriptor, position + written, rest)
}
