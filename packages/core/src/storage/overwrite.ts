/**
 * Puts bytes into an open file whichever way its storage has: by a write where there is one, by a store.
 *
 * For what is changed in place seldom, at recovery. An append has an order to keep within it (segment.ts).
 */
import type { StorageFile } from './storage-port.js'

/**
 * Puts `source` at a position of the file, so that the next sync writes it, also where it was there already.
 *
 * @throws {StorageError} IO_ERROR or NO_SPACE: any of it may be there.
 */
export function overwrite(file: StorageFile, position: number, source: Uint8Array): void {
  if (file.write !== undefined) {
    file.write(position, [source])
    return
  }
  file.bytes.set(source, position)
  file.wrote(position, position + source.length)
}
