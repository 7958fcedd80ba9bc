/**
 * Creates a stream: everything in a directory beside, then one rename.
 *
 * After a crash the stream is there whole or not at all; what a crash leaves beside is removed when the
 * store is opened (after etcd's creation of a log).
 */
import { encodeSegmentHeader, segmentFileName } from '@tailrace/format'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { writeStreamMetadata } from '../log/stream-metadata.js'
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
    await writeStreamMetadata(storage, building, metadata)
    const path = `${building}/${segmentFileName(metadata.startOffset)}`
    const file = await storage.create(path, FIRST_SEGMENT_BYTES)
    const header = encodeSegmentHeader({
      streamId: metadata.streamId,
      epoch: metadata.epoch,
      baseOffset: metadata.startOffset,
      createdUs: metadata.createdUs,
    })
    file.bytes.set(header, 0)
    file.wrote(0, header.length)
    await file.sync()
    file.close()
    await storage.syncDirectory(building)
    await storage.rename(building, `${STREAMS_DIRECTORY}/${metadata.name}`)
    await storage.syncDirectory(STREAMS_DIRECTORY)
  } catch (error) {
    await storage.removeTree(building)
    throw error
  }
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
