/**
 * The storage port on a real directory, with memory-mapped files.
 *
 * Files are created with all their blocks, not sparse: on a full disk a store into a hole is a SIGBUS that
 * ends the process, while a failed creation is an ordinary error. Written zeros, besides, spare the syncs of a
 * file's later life the work of turning reserved blocks into written ones.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StorageError } from '@tailrace/format'
import { Slots, syncsInFlightMax } from '../io/slots.js'
import { ClosedMappings } from './closed-mappings.js'
import { MappedFile } from './mapped-file.js'
import { PAGE_BYTES } from './mmap.js'
import { readIntoCache } from './read-ahead.js'
import { errnoCode, storageErrorOf, withSpace } from './storage-error.js'
import type { CreateOptions, Storage, StorageEntry, StorageFile } from './storage-port.js'
import { makeWay, removeWhole, syncPath, writeWhole } from './whole-files.js'
import { reserveZeros, writeDurableZeros, writeZeros } from './write-zeros.js'

/** Of a file that is about to be opened: an index as a whole, as a rule, and the header of a segment. */
const WARM_BYTES = 128 * 1024

/** A directory of memory-mapped files. */
export class MappedStorage implements Storage {
  readonly #root: string
  /** What is still mapped of files that were closed. */
  readonly closedMappings = new ClosedMappings()
  /** Ten thousand streams may want their next file at once: each would take a descriptor and wait for all. */
  readonly #creations = new Slots(syncsInFlightMax())

  /** @param root - an existing directory; every path of the port is below it. */
  constructor(root: string) {
    this.#root = root
  }

  async list(directory: string): Promise<readonly StorageEntry[]> {
    return attempt('listing', directory, async () => {
      const absolute = join(this.#root, directory)
      const entries = await readdir(absolute, { withFileTypes: true }).catch(emptyIfMissing)
      const listed = await Promise.all(
        entries.map(async (entry) => {
          const { name } = entry
          const isDirectory = entry.isDirectory()
          const sizeBytes = isDirectory ? 0 : await sizeOf(join(absolute, name))
          if (entry.isSymbolicLink())
            return [{ name, isDirectory, isLink: true as const, sizeBytes: sizeBytes ?? 0 }]
          return sizeBytes === undefined ? [] : [{ name, isDirectory, sizeBytes }]
        }),
      )
      return listed.flat()
    })
  }

  async createDirectory(directory: string): Promise<void> {
    const absolute = join(this.#root, directory)
    await attempt('creating', directory, () => mkdir(absolute).catch(withParents(absolute)))
  }

  async syncDirectory(directory: string): Promise<void> {
    await attempt('syncing', directory, () => syncPath(join(this.#root, directory)))
  }

  async rename(from: string, to: string): Promise<void> {
    await attempt('renaming', from, () => rename(join(this.#root, from), join(this.#root, to)))
  }

  async remove(path: string): Promise<void> {
    await attempt('removing', path, () => rm(join(this.#root, path), { force: true }))
  }

  async removeTree(directory: string): Promise<void> {
    await attempt('removing', directory, () => removeWhole(join(this.#root, directory)))
  }

  readFile(path: string): Uint8Array | undefined {
    try {
      const content = readFileSync(join(this.#root, path))
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return undefined
      throw storageErrorOf(error, 'reading', path)
    }
  }

  async writeFile(path: string, content: Uint8Array): Promise<void> {
    const absolute = join(this.#root, path)
    try {
      await writeWhole(absolute, content)
    } catch (error) {
      // As in `create`.
      await rm(absolute, { force: true }).catch(() => undefined)
      throw await withNumbers(storageErrorOf(error, 'writing', path), absolute, content.length)
    }
  }

  async create(
    path: string,
    capacityBytes: number,
    { isSynced = true }: CreateOptions = {},
  ): Promise<StorageFile> {
    const absolute = join(this.#root, path)
    try {
      await this.#creations.run(async () => {
        await makeWay(absolute)
        await withHandle(absolute, CREATE_FLAGS, async (handle) => {
          if (isSynced) await writeDurableZeros(handle, capacityBytes)
          else await reserveZeros(handle, capacityBytes)
        })
      })
      return this.open(path, 'write')
    } catch (error) {
      // Half a file would hold the very space whose lack made the write fail. A directory stays.
      await rm(absolute, { force: true }).catch(() => undefined)
      throw await withNumbers(storageErrorOf(error, 'preparing', path), absolute, capacityBytes)
    }
  }

  open(path: string, mode: 'read' | 'write'): StorageFile {
    let descriptor: number | undefined
    try {
      const flags = mode === 'write' ? constants.O_RDWR : constants.O_RDONLY
      descriptor = openSync(join(this.#root, path), flags)
      const sizeBytes = fstatSync(descriptor).size
      const { closedMappings } = this
      const file = new MappedFile({ path, descriptor, sizeBytes, mode, closedMappings })
      // Who opens it for reading reads it: that it cannot be mapped is told here.
      if (mode === 'read') file.map()
      return file
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor)
      throw storageErrorOf(error, 'opening', path)
    }
  }

  async warmUp(path: string): Promise<void> {
    await attempt('reading', path, async () => {
      const handle = await open(join(this.#root, path), constants.O_RDONLY).catch(
        undefinedIfMissing,
      )
      if (handle === undefined) return
      try {
        const { size } = await handle.stat()
        const descriptor = handle.fd
        const first = Math.min(size, WARM_BYTES)
        const last = Math.max(first, size - PAGE_BYTES)
        await readIntoCache({ path, descriptor, start: 0, end: first })
        await readIntoCache({ path, descriptor, start: last, end: size })
      } finally {
        await handle.close()
      }
    })
  }

  async resize(path: string, sizeBytes: number): Promise<void> {
    await attempt('resizing', path, () =>
      withHandle(join(this.#root, path), constants.O_RDWR, async (handle) => {
        const { size } = await handle.stat()
        const grown = { start: size, end: sizeBytes }
        if (size < sizeBytes) await writeZeros(handle, grown)
        else await handle.truncate(sizeBytes)
        await handle.sync()
      }),
    )
  }
}

const CREATE_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC

async function withHandle<T>(
  absolute: string,
  flags: number,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(absolute, flags, 0o644)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

async function attempt<T>(doing: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw storageErrorOf(error, doing, path)
  }
}

/** With the parents, where they are missing. Not at once: of a full disk Node then says ENOENT. */
function withParents(absolute: string): (error: unknown) => Promise<unknown> {
  return async (error) => {
    const code = errnoCode(error)
    if (code === 'ENOENT' || code === 'EEXIST') return mkdir(absolute, { recursive: true })
    throw error
  }
}

/** Says how much was needed, and how much there is now that what was written is removed again. */
async function withNumbers(
  error: StorageError,
  absolute: string,
  neededBytes: number,
): Promise<StorageError> {
  if (error.code !== 'NO_SPACE') return error
  // That there are no numbers is not to hide the error they are for.
  const free = await statfs(dirname(absolute)).catch(() => undefined)
  const availableBytes = free === undefined ? undefined : free.bavail * free.bsize
  return withSpace(error, { neededBytes, availableBytes })
}

/** Undefined for a file that is gone by now, and for a link that leads nowhere. */
async function sizeOf(absolute: string): Promise<number | undefined> {
  try {
    return (await stat(absolute)).size
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (errnoCode(error) === 'ENOENT') return undefined
  throw error
}

function emptyIfMissing(error: unknown): never[] {
  if (errnoCode(error) === 'ENOENT') return []
  throw error
}
