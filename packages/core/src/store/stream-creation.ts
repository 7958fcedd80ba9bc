/**
 * Creates a stream: everything in a directory beside, then one rename.
 *
 * After a crash the stream is there whole or not at all; what a crash leaves beside is removed when the
 * store is opened (after etcd's creation of a log).
 */
import { encodeSegmentHeader, segmentFileName } from '@tailrace/format'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { encodeStreamMetadata, STREAM_METADATA_FILE } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { Storage } from '../storage/storage-port.js'

/** Where streams live, and where they are made and unmade. */
export const STREAMS_DIRECTORY = 'streams'
export const TRASH_DIRECTORY = 'trash'

/** Creates the stream durably. @throws {StorageError} NO_SPACE, IO_ERROR; nothing is left then. */
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
    await storage.syncDirectory(STREAMS_DIRECTORY)
  } catch (error) {
    await storage.removeTree(building)
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

/** Takes the stream away durably, then removes its files. */
export async function removeStream(
  storage: Storage,
  name: string,
  streamId: string,
): Promise<void> {
  const trashed = `${TRASH_DIRECTORY}/old-${streamId}`
  await storage.rename(`${STREAMS_DIRECTORY}/${name}`, trashed)
  await storage.syncDirectory(STREAMS_DIRECTORY)
  await storage.removeTree(trashed)
}

/**
 * Removes what was being created or deleted when a process ended. The directory itself stays: on a full
 * disk another one might not be had.
 */
export async function emptyTrash(storage: Storage): Promise<void> {
  const left = await storage.list(TRASH_DIRECTORY)
  for (const { name } of left) await storage.removeTree(`${TRASH_DIRECTORY}/${name}`)
  await storage.createDirectory(TRASH_DIRECTORY)
}
