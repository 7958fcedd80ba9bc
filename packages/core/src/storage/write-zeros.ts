/**
 * Zeros into a file, off the event loop: real blocks, and pages in memory.
 *
 * In pieces, because the size of a write decides what later ones cost. Linux caches what one write brings in
 * folios of up to 2 MiB. A store through a mapping marks all of its folio as changed, and a short write looks at
 * each block of it: 15 µs where the file was written 4 MiB at once, 6 where it was 256 KiB.
 *
 * And because the disk takes one sync after another: what is written at once holds up every commit that comes
 * meanwhile. So a file that is to be durable is synced a part at a time (docs/adr/0019).
 */
import { write } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { PAGE_BYTES, reserveBlocks } from './mmap.js'

const ZEROS = new Uint8Array(256 * 1024)

/** Writes under way at once: a busy event loop has less to do between them. */
const WRITES_AT_ONCE = 8

/**
 * Writes zeros into `[start, end)` of a file: its first page, which each commit stores to, by itself, then
 * pieces that end at multiples of their size. No write is under way any more when it settles.
 */
export async function writeZeros(
  handle: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<void> {
  let position = start
  const writePieces = async (): Promise<void> => {
    while (position < end) {
      const at = position
      const pieceEnd = at === 0 ? PAGE_BYTES : at + ZEROS.length - (at % ZEROS.length)
      position = Math.min(end, pieceEnd)
      await writePiece(handle.fd, at, position)
    }
  }
  const stopping = (error: unknown): never => {
    position = end
    throw error
  }
  const writers = Array.from({ length: WRITES_AT_ONCE }, () => writePieces().catch(stopping))
  for (const writer of await Promise.allSettled(writers)) {
    if (writer.status === 'rejected') throw writer.reason
  }
}

/** What is synced at once: 2 ms on a disk that takes 0.6 GB/s. */
const SYNCED_BYTES = 1024 * 1024

/** Writes a file's first `end` bytes with zeros, for many syncs later on, and syncs it. */
export async function writeDurableZeros(handle: FileHandle, end: number): Promise<void> {
  for (let start = 0; start < end; start += SYNCED_BYTES) {
    const part = { start, end: Math.min(end, start + SYNCED_BYTES) }
    await writeZeros(handle, part)
    if (part.end < end) await handle.datasync()
  }
  await handle.sync()
}

/**
 * Makes a file of `sizeBytes` zeros with all its blocks, but writes only its first page, which is a folio of its
 * own then; all of it where blocks come with writing only. Nothing is synced.
 */
export async function reserveZeros(handle: FileHandle, sizeBytes: number): Promise<void> {
  const start = Math.min(PAGE_BYTES, sizeBytes)
  await writeZeros(handle, { start: 0, end: start })
  if (start === sizeBytes || (await reserveBlocks(handle.fd, sizeBytes))) return
  await writeZeros(handle, { start, end: sizeBytes })
}

async function writePiece(descriptor: number, start: number, end: number): Promise<void> {
  let position = start
  // A short write is not an error; the next round meets the cause, such as a full disk.
  while (position < end) position += await writeOnce(descriptor, position, end - position)
}

/** The function with a callback: half of the cost of that of a `FileHandle`. */
function writeOnce(descriptor: number, position: number, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, ZEROS, 0, length, position, (error, bytesWritten) => {
      if (error === null) resolve(bytesWritten)
      else reject(error)
    })
  })
}
