/**
 * Brings a part of a file into the page cache, off the event loop.
 *
 * A touch of a mapped page that is not in memory holds the whole process until the disk has it, and one that
 * the disk cannot read ends it with SIGBUS. So cold pages are read first, in the thread pool, into memory
 * that nobody looks at: the page cache keeps them, and the mapping shows the same pages. `madvise` would
 * ask for them too, but does not say when they are there.
 */
import { read } from 'node:fs'
import { storageErrorOf } from './storage-error.js'

/** Bytes of one read: some milliseconds of a thread. */
const READ_BYTES = 1024 * 1024
/** Reads at once, of the few threads that a process has for all file work. */
const READS_AT_ONCE = 2
/** Where all reads go. */
const NOWHERE = new Uint8Array(READ_BYTES)

/** A part of an open file. */
export interface FilePart {
  readonly path: string
  readonly descriptor: number
  readonly start: number
  readonly end: number
}

/** Resolves when the part was read. @throws {StorageError} IO_ERROR. */
export async function readIntoCache(part: FilePart): Promise<void> {
  let next = part.start
  const readOn = async (): Promise<void> => {
    while (next < part.end) {
      const start = next
      next += READ_BYTES
      await readPiece(part, start)
    }
  }
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readOn))
}

function readPiece({ path, descriptor, end }: FilePart, start: number): Promise<void> {
  const length = Math.min(READ_BYTES, end - start)
  return new Promise((resolve, reject) => {
    read(descriptor, NOWHERE, 0, length, start, (error) => {
      if (error === null) resolve()
      else reject(storageErrorOf(error, 'reading', path))
    })
  })
}
