/** A file that passes everything on to another: a test overrides what it is about. */
import type { StorageFile } from '../../src/index.js'

export class ForwardingFile implements StorageFile {
  readonly #file: StorageFile

  constructor(file: StorageFile) {
    this.#file = file
  }

  /** Mapped by the first look, as that of the file itself. */
  get bytes(): Uint8Array {
    return this.#file.bytes
  }

  wrote(start: number, end: number): void {
    this.#file.wrote(start, end)
  }

  write(position: number, parts: readonly Uint8Array[]): void {
    this.#file.write?.(position, parts)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }
}
