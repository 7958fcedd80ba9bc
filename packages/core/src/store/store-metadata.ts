/** What a data directory says of itself: its version, its identity, and the counter of epochs. */
import { StorageError } from '@tailrace/format'
import { requireCheckedFile, writeCheckedFile } from '../storage/checked-file.js'
import type { Storage } from '../storage/storage-port.js'

/** The content of `store.meta`. */
export interface StoreMetadata {
  readonly storeVersion: 1
  /** 32 hex digits, for the life of the directory. */
  readonly storeId: string
  /** No epoch above it was ever given to a stream. Store-wide, so that a recreated stream never repeats one. */
  readonly lastEpoch: number
}

const FILE = { directory: '', name: 'store.meta', kind: 'store' }

/** Reads it, or writes a first one. @throws as {@link readStoreMetadata}; NO_SPACE, IO_ERROR. */
export async function openStoreMetadata(
  storage: Storage,
  randomId: () => string,
): Promise<StoreMetadata> {
  const found = readStoreMetadata(storage)
  if (found !== undefined) return found
  const metadata: StoreMetadata = { storeVersion: 1, storeId: randomId(), lastEpoch: 0 }
  await writeStoreMetadata(storage, metadata)
  return metadata
}

/** Reads it; undefined when there is none. @throws {StorageError} STREAM_CORRUPT, UNSUPPORTED_STORE_VERSION. */
export function readStoreMetadata(storage: Pick<Storage, 'readFile'>): StoreMetadata | undefined {
  const content = requireCheckedFile(storage, FILE)
  if (content === undefined) return undefined
  const metadata = content as StoreMetadata
  const version: number = metadata.storeVersion
  if (version !== 1) {
    const message = `the data directory has version ${version}, this program reads version 1`
    throw new StorageError('UNSUPPORTED_STORE_VERSION', message, { details: { version } })
  }
  return metadata
}

/** Replaces it atomically; durable when it resolves. */
export async function writeStoreMetadata(storage: Storage, metadata: StoreMetadata): Promise<void> {
  await writeCheckedFile(storage, FILE, metadata)
}
