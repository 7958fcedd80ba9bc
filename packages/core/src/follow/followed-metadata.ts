/**
 * The metadata of a stream that another process writes: noticed when it is replaced.
 *
 * `stream.meta` is only ever replaced by a rename. It is kept mapped, because a mapping keeps the inode:
 * as long as the name leads to the same one, nothing has changed, and no later file can pass for it.
 */
import { readStreamMetadata } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { IdentifiedFile, ReadOnlyStorage } from '../storage/read-only-storage.js'
import { isMissingFile } from './follow-errors.js'

const FILE_NAME = 'stream.meta'

/** The metadata of a stream, read again when the writer replaces it. */
export class FollowedMetadata {
  readonly #storage: ReadOnlyStorage
  readonly #directory: string
  #file: IdentifiedFile
  #content: StreamMetadata

  private constructor(
    place: { readonly storage: ReadOnlyStorage; readonly directory: string },
    found: { readonly file: IdentifiedFile; readonly content: StreamMetadata },
  ) {
    this.#storage = place.storage
    this.#directory = place.directory
    this.#file = found.file
    this.#content = found.content
  }

  /**
   * The metadata in a stream's directory; undefined when there is none.
   *
   * @throws {StorageError} STREAM_CORRUPT when it is damaged; UNSUPPORTED_STORE_VERSION; IO_ERROR.
   */
  static open(storage: ReadOnlyStorage, directory: string): FollowedMetadata | undefined {
    const found = read(storage, directory)
    return found === undefined ? undefined : new FollowedMetadata({ storage, directory }, found)
  }

  /** As it was last read. */
  get content(): StreamMetadata {
    return this.#content
  }

  /**
   * Reads it again if it was replaced, which is what the answer says. It may be that of another stream
   * of the same name. Costs one system call when nothing happened.
   *
   * @throws as {@link open}.
   */
  refresh(): 'same' | 'replaced' | 'gone' {
    const stat = this.#storage.stat(`${this.#directory}/${FILE_NAME}`)
    if (stat === undefined) return 'gone'
    if (stat.identity === this.#file.identity) return 'same'
    const found = read(this.#storage, this.#directory)
    if (found === undefined) return 'gone'
    this.#file = found.file
    this.#content = found.content
    return 'replaced'
  }
}

function read(
  storage: ReadOnlyStorage,
  directory: string,
): { readonly file: IdentifiedFile; readonly content: StreamMetadata } | undefined {
  try {
    const file = storage.open(`${directory}/${FILE_NAME}`, 'read')
    const content = readStreamMetadata({ readFile: () => file.bytes }, directory)
    return content === undefined ? undefined : { file, content }
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw error
  }
}
