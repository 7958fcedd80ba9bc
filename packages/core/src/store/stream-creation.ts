/**
 * Creates a stream: everything in a directory beside, then one rename.
 *
 * After a crash the stream is there whole or not at all; what a crash leaves beside is removed when the
 * store is opened (after etcd's creation of a log).
 */
import { encodeSegmentHeader, segmentFileName, StorageError } from '@tailrace/format'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { encodeStreamMetadata, STREAM_METADATA_FILE } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { Storage } from '../storage/storage-port.js'

/** Where streams live, and where they are made and unmade. */
export const STREAMS_DIRECTORY = 'streams'
export const TRASH_DIRECTORY = 'trash'

/**
 * Creates the stream; durable once the directory of streams is synced.
 *
 * @throws {StorageError} NO_SPACE, IO_ERROR; nothing bears its name then.
 */
export async function createStream(storage: Storage, metadata: StreamMetadata): Promise<void> {
  const building = `${TRASH_DIRECTORY}/new-${metadata.streamId}`
  try {
    await storage.createDirectory(building)
    // Nobody looks here before the rename, so that nothing has to be replaced atomically.
    await storage.writeFile(`${building}/${STREAM_METADATA_FILE}`, encodeStreamMetadata(metadata))
    const path = `${building}/${segmentFileName(metadata.startOffset)}`
    await storage.writeFile(path, firstSegment(metadata))
    await storage.syncDirectory(building)
    await storage.rename(building, `${STREAMS_DIRECTORY}/${metadata.name}`)
  } catch (error) {
    await storage.removeTree(building).catch(leaveInTrash)
    throw error
  }
}

/** A header and zeros, which are real blocks once they are written. */
function firstSegment(metadata: StreamMetadata): Uint8Array {
  const { streamId, epoch, startOffset: baseOffset, createdUs } = metadata
  const bytes = new Uint8Array(FIRST_SEGMENT_BYTES)
  bytes.set(encodeSegmentHeader({ streamId, epoch, baseOffset, createdUs }))
  return bytes
}

/** Takes the stream away; for good after {@link finishRemovals}. `id` must be new. */
export async function trashStream(storage: Storage, name: string, id: string): Promise<void> {
  await storage.rename(`${STREAMS_DIRECTORY}/${name}`, `${TRASH_DIRECTORY}/old-${id}`)
}

/**
 * Makes what was taken away stay away, then removes its files, and whatever else was being created or
 * deleted when it failed or its process ended. Not while a stream is being built.
 *
 * The sync comes first: files that are gone from a stream whose name comes back are a damaged stream.
 */
export async function finishRemovals(storage: Storage): Promise<void> {
  await storage.syncDirectory(STREAMS_DIRECTORY)
  const left = await storage.list(TRASH_DIRECTORY)
  for (const { name } of left) await storage.removeTree(`${TRASH_DIRECTORY}/${name}`)
}

/** Why the creation failed is of more use than why its remains stay until the trash is emptied. */
function leaveInTrash(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
}
