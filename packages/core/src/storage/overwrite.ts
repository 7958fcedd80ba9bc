/**
 * Puts bytes into an open file whichever way its storage has: by a write where there is one, by a store.
 *
 * For what is changed in place seldom, at recovery. An append has an order to keep within it (segment.ts).
 */
import type { StorageFile } from './storage-port.js'

/** So many bytes are copied, or made, at once. */
const PIECE_BYTES = 1024 * 1024

/**
 * Puts what `contentOf` says of each piece over `[start, end)`, as {@link overwrite} does it: however long that
 * is, it needs memory for a piece.
 *
 * @throws {StorageError} as {@link overwrite}.
 */
export function overwriteRange(
  file: StorageFile,
  { start, end }: { readonly start: number; readonly end: number },
  contentOf: (start: number, end: number) => Uint8Array,
): void {
  for (let at = start; at < end; at += PIECE_BYTES) {
    overwrite(file, at, contentOf(at, Math.min(end, at + PIECE_BYTES)))
  }
}

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
