/**
 * Zeros into a file, off the event loop: real blocks, and pages in memory.
 *
 * Exists because the size of a write decides what later syncs cost. Linux caches what one write brings in
 * pieces of up to 2 MiB, and a store through a mapping marks all of its piece as changed: in a file that was
 * written 16 MiB at once, the sync of a record writes 2 MiB, and 2 MiB more for the header. That takes 1 ms
 * where with pieces of 256 KiB it takes 0.35, and hardly less with smaller ones. Where syncs are rare, large
 * writes are the cheaper ones.
 *
 * And because the disk takes one sync after another: what is written at once holds up every commit that comes
 * meanwhile. So a file that is to be durable is synced a part at a time.
 */
import { writev } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { PAGE_BYTES } from './mmap.js'

/** How a file is written with zeros. */
export interface ZeroPieces {
  /** Bytes of one write: a multiple of 256 KiB. */
  readonly bytes: number
  /** Writes under way at once: a busy event loop has less to do between them. */
  readonly atOnce: number
}

const ZEROS = new Uint8Array(256 * 1024)

/** For files that are synced often, a few pages at a time. */
export const PIECES_FOR_SYNCS: ZeroPieces = { bytes: ZEROS.length, atOnce: 8 }
/** For files that are synced seldom. */
export const PIECES_FOR_BULK: ZeroPieces = { bytes: 64 * ZEROS.length, atOnce: 1 }

/**
 * Writes zeros into `[start, end)` of a file: its first page, which each commit stores to, by itself, then
 * pieces that end at multiples of their size. No write is under way any more when it settles.
 */
export async function writeZeros(
  handle: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
  pieces: ZeroPieces,
): Promise<void> {
  let position = start
  const writePieces = async (): Promise<void> => {
    while (position < end) {
      const at = position
      const pieceEnd = at === 0 ? PAGE_BYTES : at + pieces.bytes - (at % pieces.bytes)
      position = Math.min(end, pieceEnd)
      await writePiece(handle.fd, at, position)
    }
  }
  const stopping = (error: unknown): never => {
    position = end
    throw error
  }
  const writers = Array.from({ length: pieces.atOnce }, () => writePieces().catch(stopping))
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
    await writeZeros(handle, part, PIECES_FOR_SYNCS)
    if (part.end < end) await handle.datasync()
  }
  await handle.sync()
}

async function writePiece(descriptor: number, start: number, end: number): Promise<void> {
  let position = start
  // A short write is not an error; the next round meets the cause, such as a full disk.
  while (position < end) position += await writeOnce(descriptor, position, end - position)
}

/** The function with a callback: half of the cost of that of a `FileHandle`. */
function writeOnce(descriptor: number, position: number, length: number): Promise<number> {
  const chunks: Uint8Array[] = Array<Uint8Array>(Math.floor(length / ZEROS.length)).fill(ZEROS)
  const rest = length % ZEROS.length
  if (rest > 0) chunks.push(ZEROS.subarray(0, rest))
  return new Promise((resolve, reject) => {
    writev(descriptor, chunks, position, (error, bytesWritten) => {
      if (error === null) resolve(bytesWritten)
      else reject(error)
    })
  })
}
