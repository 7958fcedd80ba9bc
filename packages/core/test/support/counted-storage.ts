/** The real storage, which knows how many files are open and fails to read those a test names. */

import { StorageError } from '@tailrace/format'
import { MappedStorage, type StorageFile } from '../../src/index.js'

export class CountedStorage extends MappedStorage {
  /** Paths of the files that are open, once for each time they were opened. */
  readonly openPaths: string[] = []
  /** Files that match cannot be read as a whole. */
  unreadable: RegExp | undefined

  /** Files that are created are opened by it, too. */
  override open(path: string, mode: 'read' | 'write'): StorageFile {
    return this.#counted(path, super.open(path, mode))
  }

  override readFile(path: string): Uint8Array | undefined {
    if (this.unreadable?.test(path) !== true) return super.readFile(path)
    throw new StorageError('IO_ERROR', 'EIO, simulated', { details: { path, errno: 'EIO' } })
  }

  #counted(path: string, file: StorageFile): StorageFile {
    this.openPaths.push(path)
    let isOpen = true
    return {
      get bytes() {
        return file.bytes
      },
      wrote: (start, end) => {
        file.wrote(start, end)
      },
      write: (position, parts) => file.write?.(position, parts),
      sync: () => file.sync(),
      close: () => {
        if (isOpen) this.openPaths.splice(this.openPaths.indexOf(path), 1)
        isOpen = false
        file.close()
      },
    }
  }
}
