/**
 * A file whose bytes are a shared mapping: a store is a write, a view is a read.
 *
 * Keeps one descriptor for `fdatasync`, which writes the pages that were dirtied through the mapping.
 * Does not truncate or grow: a mapping that reaches past its file kills the process when touched.
 */
import { closeSync, fdatasync } from 'node:fs'
import { storageErrorOf } from './storage-error.js'
import type { StorageFile } from './storage-port.js'

/** A memory-mapped file with the descriptor that syncs it. */
export class MappedFile implements StorageFile {
  readonly bytes: Uint8Array
  readonly #path: string
  #descriptor: number | undefined
  #syncsInFlight = 0
  #isClosing = false

  constructor(path: string, descriptor: number, bytes: Uint8Array) {
    this.#path = path
    this.#descriptor = descriptor
    this.bytes = bytes
  }

  wrote(): void {
    // The store was the write: MAP_SHARED pages are the page cache.
  }

  async sync(): Promise<void> {
    const descriptor = this.#descriptor
    if (descriptor === undefined) throw new Error(`sync of the closed file "${this.#path}"`)
    this.#syncsInFlight += 1
    try {
      await new Promise<void>((resolve, reject) => {
        fdatasync(descriptor, (error) => {
          if (error === null) resolve()
          else reject(storageErrorOf(error, 'syncing', this.#path))
        })
      })
    } finally {
      this.#syncsInFlight -= 1
      if (this.#isClosing) this.#release()
    }
  }

  close(): void {
    this.#isClosing = true
    this.#release()
  }

  /** Closes the descriptor once no sync uses it: its number could be reused under the sync. */
  #release(): void {
    if (this.#descriptor === undefined || this.#syncsInFlight > 0) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
