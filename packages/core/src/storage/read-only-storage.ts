/**
 * The storage port of readers in other processes: a data directory that somebody else writes.
 *
 * Apart from `Storage` because it has no operation that changes anything, and because what a reader has
 * to know of a file is another thing: whether the name still leads to the file that it has open. All of
 * it is synchronous: it happens in the middle of a read.
 *
 * Paths are relative to the data directory and use `/`.
 *
 * Invariants every implementation keeps:
 * - as long as the `bytes` of an open file are referenced, no other file has its identity;
 * - what another process stores to a file is in the `bytes` at once.
 *
 * `bytes` may reach past the end of the file, because the writer cuts sealed segments: a reader touches
 * only what it knows to be data (docs/adr/0014).
 */
import type { StorageFile } from './storage-port.js'

/** A file as its name shows it at this moment. */
export interface FileStat {
  /** Another file under the same name has another one. */
  readonly identity: string
  readonly sizeBytes: number
}

/** A file that is open for reading. */
export interface IdentifiedFile extends StorageFile {
  readonly identity: string
}

/** A data directory for reading. Each method throws a `StorageError` (IO_ERROR, STORE_NOT_WRITABLE). */
export interface ReadOnlyStorage {
  /** The names in a directory, in no order; undefined when it does not exist. */
  names(directory: string): readonly string[] | undefined
  /** What a path names; undefined when that is nothing. */
  stat(path: string): FileStat | undefined
  /** Reads a whole small file; undefined when it does not exist. */
  readFile(path: string): Uint8Array | undefined
  /** Opens an existing file; a missing one is IO_ERROR with `details.errno` ENOENT. */
  open(path: string, mode: 'read'): IdentifiedFile
}
