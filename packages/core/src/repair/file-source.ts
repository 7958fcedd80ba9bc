/**
 * Files of a data directory, read in pieces and never written: what verify and repair look through.
 *
 * Apart from `Storage` because a mapping is the wrong way to look at a directory that somebody else may be
 * writing or that is ten times larger than memory: a file that is cut under its mapping ends the process,
 * and a bad sector does too. Nothing here maps, locks or changes anything.
 *
 * Paths are relative to the data directory and use `/`.
 */
import type { StorageEntry } from '../storage/storage-port.js'

/** A file that is open for reading. */
export interface SourceFile {
  /** As it was when the file was opened; a writer may cut or remove it meanwhile. */
  readonly sizeBytes: number
  /** Bytes that the disk did not give; they were read as zeros. */
  readonly unreadableBytes: number
  /** Fills `target` from `position` on; returns how many bytes, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** A data directory. Each method throws a `StorageError` (IO_ERROR, STORE_NOT_WRITABLE: no permission). */
export interface FileSource {
  /** The entries of a directory in no order; undefined when it does not exist. */
  list(directory: string): Promise<readonly StorageEntry[] | undefined>
  /** Reads a whole small file; undefined when it does not exist. */
  readFile(path: string): Promise<Uint8Array | undefined>
  /** Opens a file; undefined when it does not exist (any more). */
  open(path: string): Promise<SourceFile | undefined>
}
