/**
 * A disk in memory that can lose power, fill up and fail, behind the storage port of core.
 *
 * Fault model. Of everything that was stored but not synced, a power cut leaves an arbitrary subset:
 * - bytes: per dirty 4 KiB page all, nothing, or any of its 512-byte sectors;
 * - sizes: a resize that was not synced is there or not;
 * - names: creations, removals and renames in a directory that was not synced since, each or not.
 * What was synced is never lost. The kernel writes back whenever it likes, so that nothing about the
 * order of stores can be relied on between two syncs.
 *
 * Injected on demand: EIO and ENOSPC from any operation, a file half written when its disk fills up, and
 * flipped bits in durable content. After an error of a sync, the pages in question count as lost.
 *
 * Not modelled: a disk that lies about syncs (a test can wrap one), and sectors that go bad by
 * themselves.
 */
import type { Storage, StorageEntry, StorageFile } from '@tailrace/core'
import { StorageError } from '@tailrace/format'
import type { Random } from '../random.js'
import { parentOf, SimulatedNames } from './simulated-directory.js'
import type { Node } from './simulated-directory.js'
import { SimulatedFile } from './simulated-file.js'

/** An operation that changes the disk, as a crash or a fault may meet it. */
export interface Operation {
  readonly kind:
    | 'create-directory'
    | 'sync-directory'
    | 'rename'
    | 'remove'
    | 'remove-tree'
    | 'write-file'
    | 'create'
    | 'resize'
    | 'sync'
  readonly path: string
  /** Operations of two or more steps meet the hook before each of them. */
  readonly step: number
}

/** Called before every step of every changing operation; it may throw what the step shall fail with. */
export type OperationHook = (operation: Operation) => Promise<void> | void

/** The disk. */
export class SimulatedStorage implements Storage {
  readonly #names: SimulatedNames
  /** Called before every step; replace it to crash, fail or wait there. */
  hook: OperationHook = () => undefined
  /** Bytes the disk takes before ENOSPC. */
  capacityBytes = Infinity

  private constructor(names: SimulatedNames) {
    this.#names = names
  }

  /** An empty disk. */
  static empty(): SimulatedStorage {
    return new SimulatedStorage(new SimulatedNames())
  }

  /** The disk as a power cut at this moment leaves it. This one goes on as if nothing had happened. */
  afterPowerLoss(random: Random): SimulatedStorage {
    const contents = new Map<Node, Node>([['directory', 'directory']])
    const names = new Map<string, Node>()
    for (const [path, node] of this.#names.afterPowerLoss(random)) {
      let left = contents.get(node)
      if (left === undefined && node !== 'directory') {
        left = new SimulatedFile(node.afterPowerLoss(random))
        contents.set(node, left)
      }
      if (left !== undefined) names.set(path, left)
    }
    return new SimulatedStorage(new SimulatedNames(names))
  }

  /** The content of a file as the program sees it, for a test to look at or to damage. */
  contentOf(path: string): Uint8Array {
    return this.#file(path).current
  }

  /** All paths of files. */
  paths(directory = ''): string[] {
    return this.#names.list(directory).flatMap(([name, node]) => {
      const path = directory === '' ? name : `${directory}/${name}`
      return node === 'directory' ? this.paths(path) : [path]
    })
  }

  list(directory: string): Promise<readonly StorageEntry[]> {
    const entries = this.#names.list(directory).map(([name, node]) => ({
      name,
      isDirectory: node === 'directory',
      sizeBytes: node === 'directory' ? 0 : node.current.length,
    }))
    return Promise.resolve(entries)
  }

  async createDirectory(directory: string): Promise<void> {
    await this.hook({ kind: 'create-directory', path: directory, step: 0 })
    const parent = parentOf(directory)
    if (parent !== '' && this.#names.get(parent) === undefined) await this.createDirectory(parent)
    if (this.#names.get(directory) === undefined) this.#names.link(directory, 'directory')
  }

  async syncDirectory(directory: string): Promise<void> {
    const complete = this.#names.beginSync(directory)
    await this.hook({ kind: 'sync-directory', path: directory, step: 0 })
    complete()
  }

  async rename(from: string, to: string): Promise<void> {
    await this.hook({ kind: 'rename', path: from, step: 0 })
    this.#names.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await this.hook({ kind: 'remove', path, step: 0 })
    if (this.#names.get(path) !== undefined) this.#names.unlink(path)
  }

  async removeTree(directory: string): Promise<void> {
    await this.hook({ kind: 'remove-tree', path: directory, step: 0 })
    // One name at a time, as a recursive removal does it.
    for (const path of this.paths(directory)) {
      await this.hook({ kind: 'remove-tree', path, step: 1 })
      this.#names.unlink(path)
    }
    if (this.#names.get(directory) !== undefined) this.#names.unlink(directory)
  }

  readFile(path: string): Uint8Array | undefined {
    const node = this.#names.get(path)
    return node === undefined || node === 'directory' ? undefined : node.current.slice()
  }

  async writeFile(path: string, content: Uint8Array): Promise<void> {
    await this.writeUnsynced(path, content)
    await this.#syncFile(this.#file(path), { kind: 'write-file', path, step: 1 })
  }

  /** Not of the port: what a program that forgets to sync would do. */
  async writeUnsynced(path: string, content: Uint8Array): Promise<void> {
    await this.hook({ kind: 'write-file', path, step: 0 })
    const file = this.#create(path)
    this.#admit(path, content.length)
    file.replace(content)
  }

  async create(path: string, capacityBytes: number): Promise<StorageFile> {
    await this.hook({ kind: 'create', path, step: 0 })
    const file = this.#create(path)
    try {
      this.#admit(path, capacityBytes)
      file.replace(new Uint8Array(capacityBytes))
      await this.#syncFile(file, { kind: 'create', path, step: 1 })
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
    await this.hook({ kind: 'resize', path, step: 0 })
    const file = this.#file(path)
    this.#admit(path, sizeBytes - file.current.length)
    const content = new Uint8Array(sizeBytes)
    content.set(file.current.subarray(0, sizeBytes))
    file.replace(content)
    await this.#syncFile(file, { kind: 'resize', path, step: 1 })
  }

  #open(file: SimulatedFile, path: string): StorageFile {
    const bytes = file.current
    return {
      bytes,
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      sync: () => this.#syncFile(file, { kind: 'sync', path, step: 0 }),
      close: () => undefined,
    }
  }

  /** What is stored while the sync is under way may or may not be covered; it stays dirty. */
  async #syncFile(file: SimulatedFile, operation: Operation): Promise<void> {
    await this.hook(operation)
    const complete = file.beginSync()
    await Promise.resolve()
    complete()
  }

  #create(path: string): SimulatedFile {
    const file = new SimulatedFile(new Uint8Array(0))
    this.#names.link(path, file)
    return file
  }

  #file(path: string): SimulatedFile {
    const node = this.#names.get(path)
    if (node !== undefined && node !== 'directory') return node
    throw simulatedError('IO_ERROR', 'ENOENT', path)
  }

  #admit(path: string, moreBytes: number): void {
    const used = this.paths().reduce((sum, name) => sum + this.#file(name).current.length, 0)
    if (used + moreBytes > this.capacityBytes) throw simulatedError('NO_SPACE', 'ENOSPC', path)
  }
}

/** The error an operation on a real disk would have had. */
export function simulatedError(
  code: 'IO_ERROR' | 'NO_SPACE',
  errno: string,
  path: string,
): StorageError {
  const message = `${errno} (simulated) at "${path}"`
  return new StorageError(code, message, { details: { path, errno } })
}
