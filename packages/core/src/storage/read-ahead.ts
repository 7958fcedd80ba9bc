/**
 * Brings a part of a file into the page cache, off the event loop.
 *
 * A touch of a mapped page that is not in memory holds the whole process until the disk has it, and one that
 * the disk cannot read ends it with SIGBUS. So cold pages are read first, in the thread pool, into memory
 * that nobody looks at: the page cache keeps them, and the mapping shows the same pages. `madvise` would
 * ask for them too, but does not say when they are there.
 *
 * One call of the system reads several MiB, over and over into the same memory: the disk goes on while the
 * event loop is busy, and what is copied stays in the processor's cache.
 */
import { readv } from 'node:fs'
import { Slots } from '../io/slots.js'
import { storageErrorOf } from './storage-error.js'

/** Bytes of one read: some milliseconds of a thread. */
const READ_BYTES = 4 * 1024 * 1024
/** Where all reads go, more than one at a time. */
const NOWHERE = new Uint8Array(512 * 1024)
/**
 * Reads at once of the whole process: enough to keep a disk busy, and half of the few threads that a process
 * has for all file work. The other half is for syncs, which somebody waits for.
 */
const readSlots = new Slots(2)
/** What is shorter than that is read at once: somebody waits for it to go on, and it holds up nobody. */
const SHORT_BYTES = 256 * 1024

/** A part of an open file. */
export interface FilePart {
  readonly path: string
  readonly descriptor: number
  readonly start: number
  readonly end: number
}

/**
 * Resolves when the part was read, as far as the file has it. The long reads of a process line up.
 *
 * @throws {StorageError} IO_ERROR.
 */
export async function readIntoCache(part: FilePart): Promise<void> {
  if (part.end - part.start <= SHORT_BYTES) return readWhole(part)
  const reads: Promise<void>[] = []
  for (let start = part.start; start < part.end; start += READ_BYTES) {
    const end = Math.min(start + READ_BYTES, part.end)
    reads.push(readSlots.run(() => readWhole({ ...part, start, end })))
  }
  await Promise.all(reads)
}

/** Goes on behind a read that has ended early: only the next one says that the disk cannot read there. */
async function readWhole(part: FilePart): Promise<void> {
  let { start } = part
  while (start < part.end) {
    const bytesRead = await readOnce({ ...part, start })
    if (bytesRead === 0) return
    start += bytesRead
  }
}

function readOnce({ path, descriptor, start, end }: FilePart): Promise<number> {
  const views: Uint8Array[] = []
  for (let left = end - start; left > 0; left -= NOWHERE.length) {
    views.push(left < NOWHERE.length ? NOWHERE.subarray(0, left) : NOWHERE)
  }
  return new Promise((resolve, reject) => {
    readv(descriptor, views, start, (error, bytesRead) => {
      if (error === null) resolve(bytesRead)
      else reject(storageErrorOf(error, 'reading', path))
    })
  })
}
