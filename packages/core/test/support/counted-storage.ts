/**
 * The real storage, which knows how many files are open, allows no more than a test says, and fails to read those
 * that it names.
 */

import { StorageError } from '@tailrace/format'
import {
  MappedStorage,
  type CreateOptions,
  type StorageEntry,
  type StorageFile,
} from '../../src/index.js'
import { ForwardingFile } from './forwarding-file.js'

export class CountedStorage extends MappedStorage {
  /** Paths of the files that are open, once for each time they were opened. */
  readonly openPaths: string[] = []
  /** So many may be, as of a process with few descriptors; what is open for one call only needs one, too. */
  openCountMax = Infinity
  /** How often there was no descriptor. */
  refusedCount = 0
  /** Files that match cannot be read as a whole. */
  unreadable: RegExp | undefined

  /** Files that are created are opened by it, too. */
  override open(path: string, mode: 'read' | 'write'): StorageFile {
    this.#admit(path)
    return this.#counted(path, super.open(path, mode))
  }

  override readFile(path: string): Uint8Array | undefined {
    this.#admit(path)
    if (this.unreadable?.test(path) !== true) return super.readFile(path)
    throw new StorageError('IO_ERROR', 'EIO, simulated', { details: { path, errno: 'EIO' } })
  }

  override async list(directory: string): Promise<readonly StorageEntry[]> {
    this.#admit(directory)
    return super.list(directory)
  }

  override async syncDirectory(directory: string): Promise<void> {
    this.#admit(directory)
    await super.syncDirectory(directory)
  }

  override async writeFile(path: string, content: Uint8Array): Promise<void> {
    this.#admit(path)
    await super.writeFile(path, content)
  }

  override async create(path: string, size: number, options?: CreateOptions): Promise<StorageFile> {
    this.#admit(path)
    return super.create(path, size, options)
  }

  override async resize(path: string, sizeBytes: number): Promise<void> {
    this.#admit(path)
    await super.resize(path, sizeBytes)
  }

  #admit(path: string): void {
    if (this.openPaths.length < this.openCountMax) return
    this.refusedCount += 1
    const details = { path, errno: 'EMFILE' }
    throw new StorageError('IO_ERROR', `EMFILE, simulated, of "${path}"`, { details })
  }

  #counted(path: string, file: StorageFile): StorageFile {
    this.openPaths.push(path)
    return new CountedFile(file, () => {
      this.openPaths.splice(this.openPaths.indexOf(path), 1)
    })
  }
}

class CountedFile extends ForwardingFile {
  readonly #onClosed: () => void
  #isOpen = true

  constructor(file: StorageFile, onClosed: () => void) {
    super(file)
    this.#onClosed = onClosed
  }

  override close(): void {
    if (this.#isOpen) this.#onClosed()
    this.#isOpen = false
    super.close()
  }
}
