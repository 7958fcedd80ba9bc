/** What a stream's directory says of the stream: identity, epoch, configuration, logical start. */
import { StorageError } from '@tailrace/format'
import { encodeCheckedFile, requireCheckedFile, writeCheckedFile } from '../storage/checked-file.js'
import type { Storage } from '../storage/storage-port.js'
import { writeInPlaceOfIndexes } from '../storage/full-disk.js'
import { joinedGaps } from './gap.js'
import type { Gap } from './gap.js'
import type { StreamConfig } from './stream-config.js'

/** The content of `stream.meta`. */
export interface StreamMetadata {
  readonly formatVersion: 1
  readonly name: string
  /** 16 random bytes in hex; the same for the life of the stream. */
  readonly streamId: string
  readonly epoch: number
  readonly createdUs: number
  readonly config: StreamConfig
  /** Records below it are gone, even where a segment still holds them. */
  readonly startOffset: number
  /**
   * Every record below it has survived a sync: a log that ends before it has lost some. Missing while
   * nothing was rolled; later as of a roll, a new start offset or a stop.
   */
  readonly durableOffset?: number
  /**
   * `relaxed` streams only: the run of the machine in which the stream is open for writing; absent after a
   * clean stop. Found under another run, it says that power may have taken records that readers saw.
   */
  readonly openSinceBoot?: string
  /** Ranges whose records a repair gave up, ascending and apart; missing when there are none. */
  readonly gaps?: readonly Gap[]
  /** What is left to do of a repair that was interrupted; whoever opens the stream does it first. */
  readonly repair?: PendingRepair
}

/** The renames that complete a repair. Both lists are of file names; see docs/adr/0013. */
export interface PendingRepair {
  /** Files that are moved aside, first. */
  readonly aside: readonly { readonly from: string; readonly to: string }[]
  /** Files that are ready under their name with `.repair` behind it, and then get their names. */
  readonly put: readonly string[]
}

const KIND = 'stream'
/** Name of the file in the stream's directory. */
export const STREAM_METADATA_FILE = 'stream.meta'
const FILE_NAME = STREAM_METADATA_FILE

/** Reads it; undefined when there is none. @throws {StorageError} STREAM_CORRUPT, UNSUPPORTED_STORE_VERSION. */
export function readStreamMetadata(
  storage: Pick<Storage, 'readFile'>,
  directory: string,
): StreamMetadata | undefined {
  const content = requireCheckedFile(storage, { directory, name: FILE_NAME, kind: KIND })
  if (content === undefined) return undefined
  // The checksum vouches that this version of the program, or an older one, wrote the fields.
  const metadata = content as StreamMetadata
  const version: number = metadata.formatVersion
  if (version !== 1) {
    const message = `"${directory}" has format version ${version}, this program reads version 1`
    throw new StorageError('UNSUPPORTED_STORE_VERSION', message, { details: { version } })
  }
  return metadata
}

/** The metadata with a later start; gaps wholly below it are forgotten. */
export function withStartOffset(metadata: StreamMetadata, startOffset: number): StreamMetadata {
  const { gaps, ...rest } = metadata
  const left = joinedGaps(gaps ?? [], startOffset)
  return { ...rest, startOffset, ...(left.length === 0 ? {} : { gaps: left }) }
}

/** The content of the file. */
export function encodeStreamMetadata(metadata: StreamMetadata): Uint8Array {
  return encodeCheckedFile(KIND, metadata)
}

/** Replaces it atomically; durable when it resolves. @throws {StorageError} NO_SPACE, IO_ERROR. */
export async function writeStreamMetadata(
  storage: Storage,
  directory: string,
  metadata: StreamMetadata,
): Promise<void> {
  const file = { directory, name: FILE_NAME, kind: KIND }
  await writeInPlaceOfIndexes(storage, directory, () => writeCheckedFile(storage, file, metadata))
}
