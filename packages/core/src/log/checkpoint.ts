/**
 * The checkpoint of a stream: how far its active segment was durable, and what an opening would otherwise
 * read the segment for.
 *
 * A recovery point in a file of its own, with the extent and the sparse index of the segment below it. It
 * spares recovery the headers of the segment, and says how far the log was durable where the header's own
 * recovery point is one commit behind. Derived: it counts where the batches agree with it, and nothing is
 * lost with it (docs/adr/0016).
 *
 * Does not decide when one is due: see checkpointer.ts.
 */
import { END_MARKER_BYTES, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { scanBatches } from '../segments/scan.js'
import type { SegmentBytes } from '../segments/segment-bytes.js'
import { encodedIndex, storedExtent } from '../segments/segment-loader.js'
import type { Segment, SegmentExtent } from '../segments/segment.js'
import { readCheckedFile, writeCheckedFile } from '../storage/checked-file.js'
import type { Storage, StorageFile } from '../storage/storage-port.js'

/** Name of the file in the stream's directory. */
export const CHECKPOINT_FILE = 'checkpoint'
const KIND = 'checkpoint'

/** A segment as of a position; the bytes are those of an index file. */
export interface Checkpoint {
  readonly baseOffset: number
  readonly index: Uint8Array
}

/** The content of the file. */
interface StoredCheckpoint {
  readonly streamId: string
  readonly baseOffset: number
  /** An index file in base64. */
  readonly index: string
}

/** The segment as it is now. */
export function checkpointOf(segment: Segment): Checkpoint {
  const { baseOffset } = segment
  return { baseOffset, index: encodedIndex(baseOffset, segment.extent()) }
}

/** Stores it in the place of the last one. What it speaks of must be durable. */
export async function writeCheckpoint(
  storage: Storage,
  directory: string,
  { streamId, baseOffset, index }: Checkpoint & { readonly streamId: string },
): Promise<void> {
  const encoded = Buffer.from(index.buffer, index.byteOffset, index.length).toString('base64')
  const content: StoredCheckpoint = { streamId, baseOffset, index: encoded }
  await writeCheckedFile(storage, { directory, name: CHECKPOINT_FILE, kind: KIND }, content)
}

/** The checkpoint of this stream; undefined when there is none that can be read. */
export function readCheckpoint(
  storage: Pick<Storage, 'readFile'>,
  directory: string,
  streamId: string,
): Checkpoint | undefined {
  const found = readCheckedFile(storage, { directory, name: CHECKPOINT_FILE, kind: KIND })
  if (found.state !== 'present' || !isStoredCheckpoint(found.content)) return undefined
  const { baseOffset, index } = found.content
  // A directory that was copied from another stream brings its checkpoint along.
  if (found.content.streamId !== streamId) return undefined
  return { baseOffset, index: new Uint8Array(Buffer.from(index, 'base64')) }
}

/**
 * The extent that the checkpoint gives to a segment, a new one for each call; undefined when it is of
 * another segment, or when the batches from its last index entry on do not lead exactly to its end.
 */
export function agreedExtent(
  checkpoint: Checkpoint | undefined,
  baseOffset: number,
  contents: SegmentBytes<Pick<StorageFile, 'bytes'>>,
): SegmentExtent | undefined {
  const walk = checkpointWalk(checkpoint, baseOffset, contents)
  if (walk === undefined) return undefined
  const { extent, start, expectedOffset, limit } = walk
  const options = { start, expectedOffset, depth: 'header', limit } as const
  const end = scanBatches(contents, options, () => undefined)
  const leadsThere = end.position === limit && end.nextOffset === extent.endOffset
  return leadsThere ? extent : undefined
}

/**
 * What {@link agreedExtent} looks at: the batches from `start` on, up to the end that the checkpoint gives,
 * `limit`. Undefined when it looks at nothing.
 */
export function checkpointWalk(
  checkpoint: Checkpoint | undefined,
  baseOffset: number,
  { bytes }: Pick<SegmentBytes<Pick<StorageFile, 'bytes'>>, 'bytes'>,
):
  | {
      /** A new one for each call. */
      readonly extent: SegmentExtent
      readonly start: number
      readonly expectedOffset: number
      readonly limit: number
    }
  | undefined {
  if (checkpoint?.baseOffset !== baseOffset) return undefined
  const extent = storedExtent(checkpoint.index, baseOffset)
  if (extent === undefined || extent.batchCount === 0) return undefined
  const { dataEnd, index } = extent
  if (dataEnd + END_MARKER_BYTES > bytes.length) return undefined
  const { entries } = index
  const last = entries.count - 1
  const start = last < 0 ? SEGMENT_HEADER_BYTES : entries.position(last)
  const expectedOffset = baseOffset + (last < 0 ? 0 : entries.relativeOffset(last))
  return { extent, start, expectedOffset, limit: dataEnd }
}

function isStoredCheckpoint(content: unknown): content is StoredCheckpoint {
  if (typeof content !== 'object' || content === null) return false
  const { streamId, baseOffset, index } = content as Record<string, unknown>
  return typeof streamId === 'string' && typeof baseOffset === 'number' && typeof index === 'string'
}
