/** The files of a storage port, for inspecting a simulated disk. Only offline: it opens what it reads. */
import { StorageError } from '@tailrace/format'
import type { Storage, StorageEntry } from '../storage/storage-port.js'
import type { FileSource, SourceFile } from './file-source.js'

/** Files behind the storage port, read in windows. */
export class StorageSource implements FileSource {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  async list(directory: string): Promise<readonly StorageEntry[] | undefined> {
    const entries = await this.#storage.list(directory)
    return entries.length === 0 ? undefined : entries
  }

  readFile(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#storage.readFile(path))
  }

  open(path: string): Promise<SourceFile | undefined> {
    try {
      const file = this.#storage.open(path, 'read')
      return Promise.resolve({
        sizeBytes: file.bytes.length,
        unreadableBytes: 0,
        read(target: Uint8Array, position: number): Promise<number> {
          const part = file.bytes.subarray(position, position + target.length)
          target.set(part)
          return Promise.resolve(part.length)
        },
        close(): Promise<void> {
          file.close()
          return Promise.resolve()
        },
      })
    } catch (error) {
      if (error instanceof StorageError && error.details['errno'] === 'ENOENT') {
        return Promise.resolve(undefined)
      }
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
