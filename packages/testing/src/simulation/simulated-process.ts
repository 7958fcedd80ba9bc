/**
 * A process that uses a disk, and may be killed: what it was about to do next never happens.
 *
 * What it stored and renamed stays, synced or not: the page cache outlives the process. That is the other
 * kind of crash, and the way in which a later process meets what no sync has covered.
 */
import type { CreateOptions, Storage, StorageEntry, StorageFile } from '@tailrace/core'

/** The storage of one process. */
export class SimulatedProcess implements Storage {
  readonly #disk: Storage
  readonly #isFast: () => boolean
  #isKilled = false

  /**
   * @param isFast - whether a file that is being prepared counts as one of a fast stream: nobody syncs it before
   * it is used (docs/adr/0003). Streams of a simulation are too slow and too small for that. Default: never.
   */
  constructor(disk: Storage, isFast: () => boolean = () => false) {
    this.#disk = disk
    this.#isFast = isFast
  }

  /** From now on no operation begins and none returns. One that is under way may still be carried out. */
  kill(): void {
    this.#isKilled = true
  }

  list(directory: string): Promise<readonly StorageEntry[]> {
    return this.#whileAlive(() => this.#disk.list(directory))
  }

  createDirectory(directory: string): Promise<void> {
    return this.#whileAlive(() => this.#disk.createDirectory(directory))
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#whileAlive(() => this.#disk.syncDirectory(directory))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#whileAlive(() => this.#disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#whileAlive(() => this.#disk.remove(path))
  }

  removeTree(directory: string): Promise<void> {
    return this.#whileAlive(() => this.#disk.removeTree(directory))
  }

  readFile(path: string): Uint8Array | undefined {
    return this.#disk.readFile(path)
  }

  writeFile(path: string, content: Uint8Array): Promise<void> {
    return this.#whileAlive(() => this.#disk.writeFile(path, content))
  }

  async create(
    path: string,
    capacityBytes: number,
    options: CreateOptions = {},
  ): Promise<StorageFile> {
    const isPrepared = path.endsWith('.prepared')
    const isSynced = options.isSynced !== false && !(isPrepared && this.#isFast())
    const create = () => this.#disk.create(path, capacityBytes, { isSynced })
    return this.#fileOf(await this.#whileAlive(create))
  }

  open(path: string, mode: 'read' | 'write'): StorageFile {
    return this.#fileOf(this.#disk.open(path, mode))
  }

  resize(path: string, sizeBytes: number): Promise<void> {
    return this.#whileAlive(() => this.#disk.resize(path, sizeBytes))
  }

  #fileOf(file: StorageFile): StorageFile {
    return {
      bytes: file.bytes,
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      write: (position, parts) => {
        file.write?.(position, parts)
      },
      sync: () => this.#whileAlive(() => file.sync()),
      close: () => {
        file.close()
      },
    }
  }

  async #whileAlive<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isKilled) return never()
    try {
      return await operation()
    } finally {
      await this.#returning()
    }
  }

  #returning(): Promise<void> {
    return this.#isKilled ? never() : Promise.resolve()
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}
