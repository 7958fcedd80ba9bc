/**
 * A simulated disk as readers in another process see it: the same memory as the writer's, names as they
 * are at the moment. What a cut takes from a file is not there any more, also not in older views.
 */

import { StorageError } from '@tailrace/format'
import type { SimulatedStorage } from '@tailrace/testing'
import type { FileStat, IdentifiedFile, ReadOnlyStorage } from '../../../src/index.js'

const PAGE_BYTES = 4096
/** No byte of a batch header: whoever reads it where a batch should be finds none. */
const GONE = 0xee

export class SimulatedReading implements ReadOnlyStorage {
  readonly #disk: SimulatedStorage
  readonly #identities = new WeakMap<Uint8Array, string>()
  #identityCount = 0

  constructor(disk: SimulatedStorage) {
    this.#disk = disk
  }

  names(directory: string): readonly string[] {
    const skipped = directory === '' ? 0 : directory.length + 1
    const names = this.#disk
      .paths(directory)
      .map((path) => path.slice(skipped).split('/', 1)[0] ?? '')
    return [...new Set(names)]
  }

  stat(path: string): FileStat | undefined {
    const content = this.#contentOf(path)
    if (content === undefined) return undefined
    return { identity: this.#identityOf(content), sizeBytes: content.length }
  }

  readFile(path: string): Uint8Array | undefined {
    return this.#disk.readFile(path)
  }

  open(path: string): IdentifiedFile {
    const bytes = this.#contentOf(path)
    if (bytes === undefined) {
      throw new StorageError('IO_ERROR', `ENOENT at "${path}"`, {
        details: { path, errno: 'ENOENT' },
      })
    }
    const refuse = (): never => {
      throw new Error('read only')
    }
    const identity = this.#identityOf(bytes)
    return { bytes, identity, wrote: refuse, sync: refuse, close: () => undefined }
  }

  /**
   * Cuts as the kernel does: before a resize call it with the older memory and the new size. Behind the
   * end the last page is zeros, and further pages are gone.
   */
  static cut(older: Uint8Array, sizeBytes: number): void {
    const pageEnd = Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES
    older.fill(0, Math.min(sizeBytes, older.length), Math.min(pageEnd, older.length))
    older.fill(GONE, Math.min(pageEnd, older.length))
  }

  #contentOf(path: string): Uint8Array | undefined {
    return this.#disk.readFile(path) === undefined ? undefined : this.#disk.contentOf(path)
  }

  #identityOf(content: Uint8Array): string {
    let identity = this.#identities.get(content)
    if (identity === undefined) {
      this.#identityCount += 1
      identity = String(this.#identityCount)
      this.#identities.set(content, identity)
    }
    return identity
  }
}
