/**
 * Prepares the next segment's file ahead of need, off the event loop.
 *
 * Exists because a sync of a file whose blocks are there, as zeros, writes what was appended and nothing else
 * (docs/adr/0003). Prepared files bear a name of their own (`next-<n>.prepared`) until the log puts a segment
 * into one; recovery tells by the header whether one is in use (see docs/adr/0005).
 */
import type { Storage, StorageFile } from '../storage/storage-port.js'

/** Ending of the names of files that are, or were just now, prepared. */
export const PREPARED_FILE_SUFFIX = '.prepared'

/** A zero-filled file that is about to become a segment. */
export interface PreparedFile {
  readonly fileName: string
  readonly sizeBytes: number
  readonly file: StorageFile
}

/** One that waits. */
interface WaitingFile {
  readonly fileName: string
  readonly sizeBytes: number
  /** Undefined where it is closed until it is needed. */
  readonly file: StorageFile | undefined
}

/**
 * Files below it wait closed: of ten thousand streams that are written each has one, and a descriptor more than
 * it needs. Of larger ones there are fewer, and a roll into one needs no descriptor that there may be none of.
 */
const HELD_OPEN_BYTES_MIN = 1024 * 1024

/**
 * Smaller files are mapped when they are taken, so that a process with no room for mappings learns of it before
 * anything has changed. A larger one is mapped by who reads it: V8 counts it as memory and collects garbage for it,
 * and once it is deleted its blocks stay until then. A stream that is only written does without.
 */
const MAPPED_LATER_BYTES_MIN = 4 * 1024 * 1024

/** Keeps one prepared file ready for the next segment of a stream. */
export class SegmentPreparer {
  readonly #storage: Storage
  readonly #directory: string
  #prepared: WaitingFile | undefined
  #running: Promise<void> | undefined
  #count = 0
  #isClosed = false

  constructor(storage: Storage, directory: string) {
    this.#storage = storage
    this.#directory = directory
  }

  /** Bytes of the file that is ready; 0 when none is. */
  get readyBytes(): number {
    return this.#prepared?.sizeBytes ?? 0
  }

  /**
   * Prepares a file of at least `capacityBytes`, unless one is ready. One preparation is in flight at a
   * time; a call that finds one waits for it. Once closed it prepares nothing. `isSynced`: whether it is
   * synced, with all its blocks.
   *
   * @throws {StorageError} NO_SPACE or IO_ERROR; nothing is left behind and a later call tries again.
   */
  async prepare(capacityBytes: number, isSynced = true): Promise<void> {
    while (!this.#isClosed && this.readyBytes < capacityBytes) {
      if (this.#running === undefined) {
        this.#running = this.#create(capacityBytes, isSynced).finally(() => {
          this.#running = undefined
        })
      }
      await this.#running
    }
  }

  /** True once nothing is prepared any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** True while a file is being prepared. */
  get isPreparing(): boolean {
    return this.#running !== undefined
  }

  /**
   * Hands the file over, open, and a small one mapped. Call only when {@link readyBytes} suffices.
   *
   * @throws {StorageError} IO_ERROR when it cannot be opened or mapped; it goes on waiting.
   */
  take(): PreparedFile {
    const prepared = this.#prepared
    if (prepared === undefined) throw new Error('no prepared segment to take')
    const { fileName, sizeBytes } = prepared
    const file = prepared.file ?? this.#storage.open(`${this.#directory}/${fileName}`, 'write')
    try {
      if (sizeBytes < MAPPED_LATER_BYTES_MIN && file.bytes.length !== sizeBytes)
        throw new Error(
          `${fileName} has ${file.bytes.length} bytes, was prepared with ${sizeBytes}`,
        )
    } catch (error) {
      if (prepared.file === undefined) file.close()
      throw error
    }
    this.#prepared = undefined
    return { fileName, sizeBytes, file }
  }

  /** Waits for a preparation in flight and removes what was not used. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running?.catch(() => undefined)
    await this.#discard()
  }

  async #create(capacityBytes: number, isSynced: boolean): Promise<void> {
    await this.#discard()
    this.#count += 1
    const fileName = `next-${this.#count}${PREPARED_FILE_SUFFIX}`
    const path = `${this.#directory}/${fileName}`
    const file = await this.#storage.create(path, capacityBytes, { isSynced })
    const isHeld = capacityBytes >= HELD_OPEN_BYTES_MIN
    if (!isHeld) file.close()
    this.#prepared = { fileName, sizeBytes: capacityBytes, file: isHeld ? file : undefined }
  }

  async #discard(): Promise<void> {
    const prepared = this.#prepared
    if (prepared === undefined) return
    this.#prepared = undefined
    prepared.file?.close()
    await this.#storage.remove(`${this.#directory}/${prepared.fileName}`)
  }
}
