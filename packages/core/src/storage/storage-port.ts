/**
 * The storage port: everything the log asks of a disk.
 *
 * Exists so that the log, its recovery and its retention run unchanged on memory-mapped files and
 * on a simulated disk that can lose power. The port is deliberately low: files of a fixed capacity
 * that are memory, stored or written to, an explicit sync, and the directory operations whose
 * durability is separate from that of the bytes.
 *
 * Paths are relative to the data directory and use `/`.
 *
 * Invariants every implementation keeps:
 * - `StorageFile.bytes` never reaches past the end of its file: a touch can never fault.
 * - Blocks of a created file are really allocated before `create` resolves: a store into them
 *   cannot fail for want of space.
 * - Nothing is durable before a `sync` (bytes, size) or `syncDirectory` (names) that was called
 *   after it has resolved.
 *
 * Every implementation runs the contract in test/contract/storage.contract.ts.
 *
 * Does not know batches, segments or checks.
 */

/** An entry of a directory. */
export interface StorageEntry {
  readonly name: string
  readonly isDirectory: boolean
  /** Present for a symbolic link, which is no directory here whatever it leads to. */
  readonly isLink?: true
  /** Size of the file in bytes; 0 for a directory, and for a link that leads nowhere. */
  readonly sizeBytes: number
}

/** A file of fixed capacity whose bytes are memory. */
export interface StorageFile {
  /**
   * The whole file. A view taken from it stays readable for as long as it is referenced, also after
   * `close`, `remove` or a replacement of the file. The first look at it may be what maps it.
   *
   * @throws {StorageError} IO_ERROR of the first look, when the file cannot be mapped.
   * @throws {Error} of a first look behind `close`: our caller's bug.
   */
  readonly bytes: Uint8Array
  /** Says that `[start, end)` of `bytes` was stored to. Call it after the store, once per append. */
  wrote(start: number, end: number): void
  /**
   * Writes the parts one behind the other from a position on: the next `sync` has no more to write than the
   * blocks they lie in, where a store may make it write megabytes (docs/adr/0020). Seen in `bytes` when it
   * returns, and by other processes, in the order of the calls. Missing where a store is as good.
   *
   * @throws {StorageError} IO_ERROR or NO_SPACE: any of it may have been written.
   * @throws {Error} beyond the end of the file, or when it was closed: our caller's bug.
   */
  write?(position: number, parts: readonly Uint8Array[]): void
  /**
   * Makes everything stored before the call durable, and the size of the file.
   *
   * @throws {StorageError} IO_ERROR or NO_SPACE. Never retry: the pages may already be gone.
   */
  sync(): Promise<void>
  /**
   * Brings `[start, end)` into memory, off the event loop; undefined when it is there already, so that a
   * touch does not wait for the disk. Missing where that never is so.
   *
   * @throws {StorageError} IO_ERROR when the disk cannot read it: do not touch it then.
   */
  readAhead?(start: number, end: number): Promise<void> | undefined
  /** Lets go of the file. Views of `bytes` stay valid. Idempotent. */
  close(): void
}

/** How a file is created. */
export interface CreateOptions {
  /**
   * False leaves content and size to the first `sync` of the file: a loss of power before it leaves a
   * shorter one, or an empty one. Default: true.
   */
  readonly isSynced?: boolean
}

/** A data directory. Each method throws a `StorageError` (IO_ERROR, NO_SPACE, STORE_NOT_WRITABLE). */
export interface Storage {
  /** The entries of a directory in no order; empty when it does not exist. */
  list(directory: string): Promise<readonly StorageEntry[]>
  /** Creates a directory and its missing parents; nothing happens when it exists. */
  createDirectory(directory: string): Promise<void>
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(directory: string): Promise<void>
  /** Renames a file or directory, replacing a file at `to`. */
  rename(from: string, to: string): Promise<void>
  /** Removes a file; nothing happens when it does not exist. */
  remove(path: string): Promise<void>
  /** Removes a directory with everything in it; nothing happens when it does not exist. */
  removeTree(directory: string): Promise<void>
  /** Reads a whole small file; undefined when it does not exist. Synchronous: keep it to sidecars. */
  readFile(path: string): Uint8Array | undefined
  /**
   * Writes a whole file, in the place of what was there, and syncs its content, not its name. After an
   * error any part of the content may be there.
   */
  writeFile(path: string, content: Uint8Array): Promise<void>
  /**
   * Creates a zero-filled file with real blocks, in the place of what was there, and syncs its content,
   * unless said otherwise. After an error no file is there.
   */
  create(path: string, capacityBytes: number, options?: CreateOptions): Promise<StorageFile>
  /** Opens an existing file. Synchronous, because a reader needs it in the middle of a read. */
  open(path: string, mode: 'read' | 'write'): StorageFile
  /**
   * Brings the first and the last bytes of a file into memory, or all of a small one, off the event loop: what
   * whoever opens it touches first. Nothing happens when it does not exist. Missing where nothing ever is
   * out of memory.
   */
  warmUp?(path: string): Promise<void>
  /** Grows (with real zero blocks) or cuts a file, and syncs it. Open files of the path are stale. */
  resize(path: string, sizeBytes: number): Promise<void>
}
