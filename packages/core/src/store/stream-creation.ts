/**
 * Creates a stream: everything in a directory beside, then one rename.
 *
 * After a crash the stream is there whole or not at all; what a crash leaves beside is removed when the
 * store is opened (after etcd's creation of a log).
 */
import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  writeRecoveryPoint,
} from '@tailrace/format'
import type { RecoveryPoint } from '@tailrace/format'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { encodeStreamMetadata, STREAM_METADATA_FILE } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { Storage } from '../storage/storage-port.js'

/** Where streams live, and where they are made and unmade. */
export const STREAMS_DIRECTORY = 'streams'
export const TRASH_DIRECTORY = 'trash'

/**
 * Fills `building`, a path of which nothing is there, and gives it the stream's name; durable once the
 * directory of streams is synced.
 *
 * @throws {StorageError} NO_SPACE, IO_ERROR; nothing bears its name then, and nothing is under way any more.
 */
export async function createStream(
  storage: Storage,
  metadata: StreamMetadata,
  building: string,
): Promise<void> {
  await storage.createDirectory(building)
  // Nobody looks here before the rename, so that nothing has to be replaced atomically; and the two wait for
  // the same disk.
  const segment = `${building}/${segmentFileName(metadata.startOffset)}`
  const written = await Promise.allSettled([
    storage.writeFile(`${building}/${STREAM_METADATA_FILE}`, encodeStreamMetadata(metadata)),
    storage.writeFile(segment, firstSegment(metadata)),
  ])
  for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason
  await storage.syncDirectory(building)
  await storage.rename(building, `${STREAMS_DIRECTORY}/${metadata.name}`)
}

/**
 * A header and zeros, which are real blocks once they are written. The recovery point says what an opening
 * would say, and spares it the sync of that.
 */
function firstSegment(metadata: StreamMetadata): Uint8Array {
  const { streamId, epoch, startOffset: baseOffset, createdUs } = metadata
  const bytes = new Uint8Array(FIRST_SEGMENT_BYTES)
  bytes.set(encodeSegmentHeader({ streamId, epoch, baseOffset, createdUs }))
  writeRecoveryPoint(bytes, 1, firstPoint(metadata))
  return bytes
}

/** The recovery point in the segment that a stream is made with. */
export function firstPoint({ startOffset, epoch }: StreamMetadata): RecoveryPoint {
  return {
    durableOffset: startOffset,
    durablePosition: SEGMENT_HEADER_BYTES,
    generation: 1,
    appendTimeUs: 0,
    epoch,
  }
}

/**
 * Makes what was taken away before stay away, then removes its files, and whatever else was being created
 * or deleted when it failed or its process ended. Not while a stream is being built.
 *
 * The sync comes first: files that are gone from a stream whose name comes back are a damaged stream.
 */
export async function finishRemovals(storage: Storage): Promise<void> {
  await storage.syncDirectory(STREAMS_DIRECTORY)
  const left = await storage.list(TRASH_DIRECTORY)
  for (const { name } of left) await storage.removeTree(`${TRASH_DIRECTORY}/${name}`)
}
