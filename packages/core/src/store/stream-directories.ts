/**
 * The directories of a store's streams: made and unmade, many at the same time.
 *
 * What a creation or a deletion waits for is the disk, and most of that is the same for all: each of them
 * needs a sync of the directory of streams after its rename, and one sync does for all that were renamed
 * before it. So those under way share it. The files of a stream are written and removed in slots, so that ten
 * thousand at once do not take every thread.
 *
 * Also knows what is left to do where one has failed halfway. Of one name one thing at a time: the caller
 * sees to that.
 */
import { randomBytes } from 'node:crypto'
import { StorageError } from '@tailrace/format'
import { SharedWork } from '../io/shared-work.js'
import { Slots, syncsInFlightMax } from '../io/slots.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { Storage } from '../storage/storage-port.js'
import { createStream, STREAMS_DIRECTORY, TRASH_DIRECTORY } from './stream-creation.js'

/** Where a stream is that is to go: its directory still bears the name, or is this one in the trash. */
type Unfinished = 'named' | { readonly trash: string }

/** Makes and unmakes the directories of streams. */
export class StreamDirectories {
  readonly #storage: Storage
  readonly #names: SharedWork
  readonly #slots = new Slots(syncsInFlightMax())
  /**
   * Streams that are to go since creating or deleting them failed halfway. Whoever creates or deletes a
   * stream of the name goes on with it.
   */
  readonly #unfinished = new Map<string, Unfinished>()
  /** Directories in the trash that could not be removed and never come back: the next deletion tries again. */
  readonly #left = new Set<string>()

  constructor(storage: Storage) {
    this.#storage = storage
    this.#names = new SharedWork(() => storage.syncDirectory(STREAMS_DIRECTORY))
  }

  /** True when a stream of the name is to go: it is no stream any more, and {@link remove} goes on with it. */
  isUnfinished(name: string): boolean {
    return this.#unfinished.has(name)
  }

  /** Makes a stream; durable when it resolves. @throws {StorageError} NO_SPACE, IO_ERROR: there is none then. */
  async create(metadata: StreamMetadata): Promise<void> {
    const { name, streamId } = metadata
    const building = `${TRASH_DIRECTORY}/new-${streamId}`
    try {
      await this.#slots.run(() => createStream(this.#storage, metadata, building))
    } catch (error) {
      // Why the creation failed is of more use than why its remains stay.
      await this.#removeTree(building).catch(ignoreFailure)
      throw error
    }
    try {
      await this.#names.run()
    } catch (error) {
      this.#unfinished.set(name, 'named')
      await this.remove(name).catch(ignoreFailure)
      throw error
    }
  }

  /**
   * Takes a stream away, for good when it resolves, with its files; or goes on with that.
   *
   * @param onMoved - called as soon as no directory bears the name any more.
   * @throws {StorageError} NO_SPACE, IO_ERROR: the stream is there as it was, or {@link isUnfinished}.
   */
  async remove(name: string, onMoved?: () => void): Promise<void> {
    const trash = await this.#moveToTrash(name)
    onMoved?.()
    this.#unfinished.set(name, { trash })
    // First: files that are gone from a stream whose name comes back are a damaged stream.
    await this.#names.run()
    for (const directory of this.#left) {
      this.#left.delete(directory)
      await this.#removeTree(directory)
    }
    await this.#removeTree(trash)
    this.#unfinished.delete(name)
  }

  async #moveToTrash(name: string): Promise<string> {
    const unfinished = this.#unfinished.get(name)
    if (typeof unfinished === 'object') return unfinished.trash
    const trash = `${TRASH_DIRECTORY}/old-${randomBytes(16).toString('hex')}`
    await this.#storage.rename(`${STREAMS_DIRECTORY}/${name}`, trash)
    return trash
  }

  /** Notes what it could not remove. */
  async #removeTree(directory: string): Promise<void> {
    try {
      await this.#slots.run(() => this.#storage.removeTree(directory))
    } catch (error) {
      this.#left.add(directory)
      throw error
    }
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
}
