/**
 * The read-only storage port on a real directory: files opened for reading, mapped for reading.
 *
 * A descriptor is needed only until the file is mapped. The mapping keeps the inode, so that its number
 * cannot be given to another file: comparing numbers is exact for as long as the bytes are held.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { mapFile } from './mmap.js'
import type { FileStat, IdentifiedFile, ReadOnlyStorage } from './read-only-storage.js'
import { errnoCode, storageErrorOf } from './storage-error.js'

/** A directory of files mapped for reading only. */
export class MappedReadOnlyStorage implements ReadOnlyStorage {
  readonly #root: string

  /** @param root - every path of the port is below it. */
  constructor(root: string) {
    this.#root = root
  }

  names(directory: string): readonly string[] | undefined {
    return ifPresent('listing', directory, () => readdirSync(this.#absolute(directory)))
  }

  stat(path: string): FileStat | undefined {
    return ifPresent('looking at', path, () => {
      // Without an exception for the usual answer: this is called at every look.
      const found = statSync(this.#absolute(path), { bigint: true, throwIfNoEntry: false })
      return found === undefined ? undefined : fileStatOf(found)
    })
  }

  readFile(path: string): Uint8Array | undefined {
    return ifPresent('reading', path, () => {
      const content = readFileSync(this.#absolute(path))
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    })
  }

  open(path: string): IdentifiedFile {
    let descriptor: number | undefined
    try {
      descriptor = openSync(this.#absolute(path), constants.O_RDONLY)
      const { identity, sizeBytes } = fileStatOf(fstatSync(descriptor, { bigint: true }))
      const bytes = sizeBytes === 0 ? new Uint8Array(0) : mapFile(descriptor, sizeBytes, 'read')
      return { bytes, identity, wrote: refuse, sync: refuse, close: nothingToClose }
    } catch (error) {
      throw storageErrorOf(error, 'opening', path)
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  #absolute(path: string): string {
    return `${this.#root}/${path}`
  }
}

interface NumberedFile {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
}

function fileStatOf({ dev, ino, size }: NumberedFile): FileStat {
  return { identity: `${dev}:${ino}`, sizeBytes: Number(size) }
}

function ifPresent<T>(doing: string, path: string, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined
    throw storageErrorOf(error, doing, path)
  }
}

function refuse(): never {
  throw new Error('a store that is open for reading is never written')
}

function nothingToClose(): void {
  // The descriptor is closed already; the mapping goes with the last view of it.
}
