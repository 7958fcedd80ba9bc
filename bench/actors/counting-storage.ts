/** The storage of a real directory, with a count of the syncs of its files. */
import { MappedStorage } from '@tailrace/core'
import type { StorageFile } from '@tailrace/core'

/** Counts the `sync` calls of files that were created or opened for writing. */
export class CountingStorage extends MappedStorage {
  syncs = 0

  override async create(...file: Parameters<MappedStorage['create']>): Promise<StorageFile> {
    return this.#counted(await super.create(...file))
  }

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    const file = super.open(path, mode)
    return mode === 'write' ? this.#counted(file) : file
  }

  #counted(file: StorageFile): StorageFile {
    const sync = file.sync.bind(file)
    file.sync = () => {
      this.syncs += 1
      return sync()
    }
    return file
  }
}
