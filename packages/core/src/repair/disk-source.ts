/**
 * The files of a real data directory.
 *
 * A sector that the disk cannot read is not the end of the inspection but what it is for: the rest of
 * the range is read around it, and it counts as zeros, which no check of a batch survives.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoCode, storageErrorOf } from '../storage/storage-error.js'
import type { StorageEntry } from '../storage/storage-port.js'
import type { FileSource, SourceFile } from './file-source.js'

/** What is given up around a bad sector: a page, the least the kernel reads. */
const PAGE_BYTES = 4096

/** Files of a real disk, read in windows. */
export class DiskSource implements FileSource {
  readonly #root: string

  /** @param root - every path is below it. */
  constructor(root: string) {
    this.#root = root
  }

  list(directory: string): Promise<readonly StorageEntry[] | undefined> {
    return ifPresent('listing', directory, async () => {
      const absolute = join(this.#root, directory)
      const entries = await readdir(absolute, { withFileTypes: true })
      const found: StorageEntry[] = []
      for (const entry of entries) {
        const isDirectory = entry.isDirectory()
        const path = join(absolute, entry.name)
        // A writer may have removed it since it was listed.
        const stats = isDirectory ? undefined : await stat(path).catch(undefinedIfMissing)
        const isLink = entry.isSymbolicLink()
        if (!isDirectory && !isLink && stats === undefined) continue
        const sizeBytes = stats?.size ?? 0
        found.push({
          name: entry.name,
          isDirectory,
          sizeBytes,
          ...(isLink && { isLink: true as const }),
        })
      }
      return found
    })
  }

  readFile(path: string): Promise<Uint8Array | undefined> {
    return ifPresent('reading', path, async () => {
      const content = await readFile(join(this.#root, path))
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    })
  }

  open(path: string): Promise<SourceFile | undefined> {
    return ifPresent('opening', path, async () => {
      const handle = await open(join(this.#root, path), 'r')
      const { size } = await handle.stat()
      return new DiskFile(path, handle, size)
    })
  }
}

/** Reads `length` bytes at `position` into the start of `target`, as a file handle does. */
export type ReadAt = (target: Uint8Array, length: number, position: number) => Promise<number>

class DiskFile implements SourceFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly sizeBytes: number
  unreadableBytes = 0

  constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.#path = path
    this.#handle = handle
    this.sizeBytes = sizeBytes
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const readAt: ReadAt = async (part, length, at) => {
      const { bytesRead } = await this.#handle.read(part, 0, length, at)
      return bytesRead
    }
    try {
      const { count, unreadableBytes } = await readAround(readAt, target, position)
      this.unreadableBytes += unreadableBytes
      return count
    } catch (error) {
      throw storageErrorOf(error, 'reading', this.#path)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/**
 * Fills `target` from `position` on, with zeros where the disk answers EIO.
 *
 * @returns how many bytes, fewer than asked for only at the end of the file, and how many of them the
 * disk did not give. @throws what `readAt` throws, other than EIO.
 */
export async function readAround(
  readAt: ReadAt,
  target: Uint8Array,
  position: number,
): Promise<{ readonly count: number; readonly unreadableBytes: number }> {
  let count = 0
  let unreadableBytes = 0
  // In one call as long as nothing is wrong; behind a bad sector page by page.
  let step = target.length
  while (count < target.length) {
    const at = position + count
    const untilPage = step === target.length ? step : PAGE_BYTES - (at % PAGE_BYTES)
    const length = Math.min(untilPage, target.length - count)
    const part = target.subarray(count, count + length)
    try {
      const read = await readAt(part, length, at)
      if (read === 0) break
      count += read
    } catch (error) {
      if (errnoCode(error) !== 'EIO') throw error
      if (step === PAGE_BYTES) {
        part.fill(0)
        count += length
        unreadableBytes += length
      }
      step = PAGE_BYTES
    }
  }
  return { count, unreadableBytes }
}

async function ifPresent<T>(
  doing: string,
  path: string,
  action: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined
    throw storageErrorOf(error, doing, path)
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (errnoCode(error) === 'ENOENT') return undefined
  throw error
}
