/**
 * A disk in memory that can lose power, fill up, fail and rot, behind the storage port of core.
 *
 * What the disk holds: pristine bytes, which a sync has made durable; dirty pages of 4 KiB, which were
 * stored to since; names, and the changes of names that no sync of a directory has covered yet.
 *
 * `crash` loses power. Of everything that was not synced an arbitrary subset is left, drawn from a seed:
 * - bytes: per dirty page all, nothing, or any of its 512-byte sectors, each as it was or as it is, whether
 *   stored or written;
 * - sizes: a resize that was not synced is there or not, growth also up to any page;
 * - names: each creation, removal and rename in a directory that was not synced since, or not.
 * What was synced is never lost. The kernel writes back whenever it likes, so that nothing about the
 * order of stores can be relied on between two syncs. A rename is atomic.
 *
 * `faults` makes running operations fail, by chance or on request:
 * - EIO, any step of any operation. What was done before the step stays done. Of a sync that fails, any
 *   subset of the sectors has reached the disk; the pages count as clean from then on, so that no later
 *   sync writes them unless they are stored to again, while the program goes on seeing what it stored.
 *   This is what Linux does, and why a sync is never tried again. Names stay unsynced.
 * - ENOSPC, whatever takes space: files, growth, directories. Also by `capacityBytes`, the size of the disk.
 * - short writes: a part of the content is there, then the operation fails with ENOSPC or EIO. `create`
 *   removes what it began, `writeFile`, `resize` and `write` leave it, as the port's other implementation does.
 *
 * `flipBit` is rot: a bit of a file at rest turns over, durably and for the program, and no one is told.
 *
 * Not modelled: a disk that lies about syncs (a test wraps one: see the canaries of the power-loss test),
 * sectors that cannot be read, and a sector that is torn itself.
 */
import type { CreateOptions, Storage, StorageEntry, StorageFile } from '@tailrace/core'
import type { Random } from '../random.js'
import type { Operation, OperationHook, WriteHook } from './operation.js'
import { parentOf, SimulatedNames } from './simulated-directory.js'
import type { Node } from './simulated-directory.js'
import { simulatedError } from './simulated-faults.js'
import type { DiskFaults } from './simulated-faults.js'
import { SimulatedFile } from './simulated-file.js'

/** The disk. */
export class SimulatedStorage implements Storage {
  readonly #names: SimulatedNames
  /** Called before every step; replace it to crash, fail or wait there. A step that it fails does nothing. */
  hook: OperationHook = () => undefined
  /** The same for writes into open files. */
  writeHook: WriteHook = () => undefined
  /** What operations meet. Default: no faults. */
  faults: DiskFaults | undefined
  /** Bytes the disk takes before ENOSPC. */
  capacityBytes = Infinity

  private constructor(names: SimulatedNames) {
    this.#names = names
  }

  /** An empty disk. */
  static empty(): SimulatedStorage {
    return new SimulatedStorage(new SimulatedNames())
  }

  /**
   * The disk as a loss of power at this moment leaves it, without hook, faults and limit. This one goes on
   * as if nothing had happened.
   */
  crash(random: Random): SimulatedStorage {
    const contents = new Map<Node, Node>([['directory', 'directory']])
    const names = new Map<string, Node>()
    for (const [path, node] of this.#names.afterCrash(random)) {
      let left = contents.get(node)
      if (left === undefined && node !== 'directory') {
        left = new SimulatedFile(node.afterCrash(random))
        contents.set(node, left)
      }
      if (left !== undefined) names.set(path, left)
    }
    return new SimulatedStorage(new SimulatedNames(names))
  }

  /**
   * Turns one bit of a file over. `position` in bytes below the file's size, `bit` from 0 to 7.
   *
   * @throws {RangeError} when there is no such bit.
   */
  flipBit(path: string, position: number, bit: number): void {
    const file = this.#file(path)
    if (position < 0 || position >= file.content.length || bit < 0 || bit > 7) {
      throw new RangeError(`"${path}" has no bit ${bit} of byte ${position}`)
    }
    file.flipBit(position, bit)
  }

  /** The content of a file as the program sees it, for a test to look at or to damage. */
  contentOf(path: string): Uint8Array {
    return this.#file(path).current
  }

  /** Bytes of all files. */
  get usedBytes(): number {
    return this.paths().reduce((sum, path) => sum + this.#file(path).content.length, 0)
  }

  /** All paths of files. */
  paths(directory = ''): string[] {
    return this.#names.list(directory).flatMap(([name, node]) => {
      const path = directory === '' ? name : `${directory}/${name}`
      return node === 'directory' ? this.paths(path) : [path]
    })
  }

  async list(directory: string): Promise<readonly StorageEntry[]> {
    const node = this.#names.get(directory)
    if (node !== undefined && node !== 'directory') throw ioError('ENOTDIR', directory)
    return this.#names.list(directory).map(([name, entry]) => ({
      name,
      isDirectory: entry === 'directory',
      sizeBytes: entry === 'directory' ? 0 : entry.content.length,
    }))
  }

  async createDirectory(directory: string): Promise<void> {
    await this.#step({ kind: 'create-directory', path: directory, step: 0 })
    const found = this.#names.get(directory)
    if (found === 'directory') return
    if (found !== undefined) throw ioError('EEXIST', directory)
    const parent = parentOf(directory)
    if (this.#names.get(parent) === undefined) await this.createDirectory(parent)
    this.#requireParent(directory)
    this.#names.link(directory, 'directory')
  }

  async syncDirectory(directory: string): Promise<void> {
    if (this.#names.get(directory) === undefined) throw ioError('ENOENT', directory)
    const complete = this.#names.beginSync(directory)
    await this.#step({ kind: 'sync-directory', path: directory, step: 0 })
    complete()
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step({ kind: 'rename', path: from, step: 0 })
    const moved = this.#names.get(from)
    if (moved === undefined) throw ioError('ENOENT', from)
    this.#requireParent(to)
    const replaced = this.#names.get(to)
    if (replaced === 'directory' && from !== to) {
      if (moved !== 'directory') throw ioError('EISDIR', from)
      if (this.#names.list(to).length > 0) throw ioError('ENOTEMPTY', from)
    } else if (replaced !== undefined && moved === 'directory' && from !== to) {
      throw ioError('ENOTDIR', from)
    }
    this.#names.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await this.#step({ kind: 'remove', path, step: 0 })
    const node = this.#names.get(path)
    if (node === 'directory') throw ioError('EISDIR', path)
    if (node !== undefined) this.#names.unlink(path)
  }

  async removeTree(directory: string): Promise<void> {
    await this.#step({ kind: 'remove-tree', path: directory, step: 0 })
    // One name at a time, as a recursive removal does it.
    for (const path of this.paths(directory)) {
      await this.#step({ kind: 'remove-tree', path, step: 1 })
      this.#names.unlink(path)
    }
    if (this.#names.get(directory) !== undefined) this.#names.unlink(directory)
  }

  readFile(path: string): Uint8Array | undefined {
    const node = this.#names.get(path)
    if (node === 'directory') throw ioError('EISDIR', path)
    return node?.content.slice()
  }

  async writeFile(path: string, content: Uint8Array): Promise<void> {
    await this.writeUnsynced(path, content)
    await this.#syncFile(this.#file(path), { kind: 'write-file', path, step: 1 })
  }

  /** Not of the port: what a program that forgets to sync would do. */
  async writeUnsynced(path: string, content: Uint8Array): Promise<void> {
    const step = { kind: 'write-file', path, step: 0 } as const
    const part = await this.#stepOrPart(step, content.length)
    const file = this.#create(path)
    this.#admit(path, content.length)
    file.replace(content.subarray(0, part?.bytes))
    if (part !== undefined) throw part.error
  }

  async create(
    path: string,
    capacityBytes: number,
    { isSynced = true }: CreateOptions = {},
  ): Promise<StorageFile> {
    const part = await this.#stepOrPart({ kind: 'create', path, step: 0 }, capacityBytes)
    const file = this.#create(path)
    try {
      this.#admit(path, capacityBytes)
      file.replace(new Uint8Array(part?.bytes ?? capacityBytes))
      if (part !== undefined) throw part.error
      if (isSynced) await this.#syncFile(file, { kind: 'create', path, step: 1 })
    } catch (error) {
      this.#names.unlink(path)
      throw error
    }
    return this.#open(file, path)
  }

  open(path: string): StorageFile {
    return this.#open(this.#file(path), path)
  }

  async resize(path: string, sizeBytes: number): Promise<void> {
    const size = this.#file(path).content.length
    const grownBytes = Math.max(0, sizeBytes - size)
    const part = await this.#stepOrPart({ kind: 'resize', path, step: 0 }, grownBytes)
    // A cut writes nothing of which a part could get there.
    if (part !== undefined && grownBytes === 0) throw part.error
    const file = this.#file(path)
    this.#admit(path, grownBytes)
    const content = new Uint8Array(part === undefined ? sizeBytes : size + part.bytes)
    content.set(file.content.subarray(0, sizeBytes))
    file.replace(content)
    if (part !== undefined) throw part.error
    await this.#syncFile(file, { kind: 'resize', path, step: 1 })
  }

  #open(file: SimulatedFile, path: string): StorageFile {
    const bytes = file.current
    const writeOrPart = this.#writeOrPart.bind(this)
    let isClosed = false
    return {
      bytes,
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      // A method, so that whoever replaces `wrote` hears of this, too.
      write(position, parts) {
        if (isClosed) throw new Error(`write to the closed file "${path}"`)
        const content = Buffer.concat(parts)
        if (position + content.length > bytes.length)
          throw new Error('write beyond the end of the file')
        const part = writeOrPart({ kind: 'write', path, step: 0 }, content.length)
        const written = content.subarray(0, part?.bytes)
        bytes.set(written, position)
        this.wrote(position, position + written.length)
        if (part !== undefined) throw part.error
      },
      sync: async () => {
        if (isClosed) throw new Error(`sync of the closed file "${path}"`)
        await this.#syncFile(file, { kind: 'sync', path, step: 0 })
      },
      close: () => {
        isClosed = true
      },
    }
  }

  /** What is stored while the sync is under way may or may not be covered; it stays dirty. */
  async #syncFile(file: SimulatedFile, operation: Operation): Promise<void> {
    await this.hook(operation)
    const sync = file.beginSync()
    await Promise.resolve()
    if (this.faults?.decide(operation) === undefined) {
      sync.complete()
      return
    }
    sync.fail(this.faults.random)
    throw ioError('EIO', operation.path)
  }

  /** The hook, then the fault that the step meets, unless it is one of content. */
  async #step(operation: Operation): Promise<void> {
    const part = await this.#stepOrPart(operation, 0)
    if (part !== undefined) throw part.error
  }

  /** As `#step`; of a short write it says how much of `lengthBytes` gets there, and how that ends. */
  async #stepOrPart(operation: Operation, lengthBytes: number): Promise<PartWritten | undefined> {
    await this.hook(operation)
    return this.#part(operation, lengthBytes)
  }

  /** As `#stepOrPart`, for what nobody waits for. */
  #writeOrPart(operation: Operation, lengthBytes: number): PartWritten | undefined {
    this.writeHook(operation)
    return this.#part(operation, lengthBytes)
  }

  #part(operation: Operation, lengthBytes: number): PartWritten | undefined {
    const { faults } = this
    const fault = faults?.decide(operation)
    if (faults === undefined || fault === undefined) return undefined
    const { path } = operation
    if (fault === 'EIO') throw ioError('EIO', path)
    const noSpace = simulatedError('NO_SPACE', 'ENOSPC', path)
    if (fault === 'ENOSPC') throw noSpace
    const error = faults.random.chance(0.5) ? noSpace : ioError('EIO', path)
    return { bytes: faults.random.below(lengthBytes), error }
  }

  #create(path: string): SimulatedFile {
    this.#requireParent(path)
    if (this.#names.get(path) === 'directory') throw ioError('EISDIR', path)
    const file = new SimulatedFile(new Uint8Array(0))
    this.#names.link(path, file)
    return file
  }

  #file(path: string): SimulatedFile {
    const node = this.#names.get(path)
    if (node === 'directory') throw ioError('EISDIR', path)
    if (node === undefined) throw ioError('ENOENT', path)
    return node
  }

  #requireParent(path: string): void {
    const parent = this.#names.get(parentOf(path))
    if (parent === undefined) throw ioError('ENOENT', path)
    if (parent !== 'directory') throw ioError('ENOTDIR', path)
  }

  #admit(path: string, moreBytes: number): void {
    if (moreBytes <= 0 || this.capacityBytes === Infinity) return
    if (this.usedBytes + moreBytes <= this.capacityBytes) return
    throw simulatedError('NO_SPACE', 'ENOSPC', path)
  }
}

/** A short write: how much of the content got there, and what the operation then fails with. */
interface PartWritten {
  readonly bytes: number
  readonly error: Error
}

function ioError(errno: string, path: string): Error {
  return simulatedError('IO_ERROR', errno, path)
}
