/**
 * Writes a segment file from batches of a damaged one, or an empty one: complete, checked and synced
 * before anybody sees it under its name.
 */
import {
  encodeSegmentHeader,
  END_MARKER_BYTES,
  SEGMENT_HEADER_BYTES,
  StorageError,
  writeRecoveryPoint,
} from '@tailrace/format'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { scanBatches } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import { emptyExtent, noteBatch } from '../segments/segment.js'
import type { SegmentExtent } from '../segments/segment.js'
import type { Storage, StorageFile } from '../storage/storage-port.js'
import type { SourceFile } from './file-source.js'
import type { ByteRange, PiecePlan } from './repair-plan.js'

/** Bytes copied between two turns of the event loop. */
const COPY_BYTES = 4 * 1024 * 1024

/** Who the segment belongs to. */
export interface SegmentOwner {
  /** 32 hex digits. */
  readonly streamId: string
  /** Of the stream, for the recovery point. */
  readonly epoch: number
}

/**
 * Writes a piece of a damaged segment to `path`; returns how far it reaches.
 *
 * @throws {StorageError} NO_SPACE, IO_ERROR; also when the copy is not what the inspection found.
 */
export async function buildPiece(
  storage: Storage,
  target: { readonly path: string; readonly piece: PiecePlan; readonly owner: SegmentOwner },
  original: SourceFile,
): Promise<SegmentExtent> {
  const { path, piece, owner } = target
  const length = piece.ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  const file = await storage.create(path, SEGMENT_HEADER_BYTES + length + END_MARKER_BYTES)
  try {
    const { baseOffset, epoch, createdUs } = piece
    file.bytes.set(encodeSegmentHeader({ streamId: owner.streamId, epoch, baseOffset, createdUs }))
    let position = SEGMENT_HEADER_BYTES
    for (const range of piece.ranges) {
      await copyRange(original, range, file.bytes.subarray(position))
      position += range.end - range.start
    }
    const extent = checkedExtent(file, path, piece)
    await syncWithPoint(file, extent, owner.epoch)
    return extent
  } finally {
    file.close()
  }
}

/** Writes an empty segment to `path`. @throws {StorageError} NO_SPACE, IO_ERROR. */
export async function buildEmptySegment(
  storage: Storage,
  target: { readonly path: string; readonly baseOffset: number; readonly createdUs: number },
  owner: SegmentOwner,
): Promise<void> {
  const { path, baseOffset, createdUs } = target
  const file = await storage.create(path, FIRST_SEGMENT_BYTES)
  try {
    file.bytes.set(encodeSegmentHeader({ ...owner, baseOffset, createdUs }))
    await syncWithPoint(file, emptyExtent(baseOffset), owner.epoch)
  } finally {
    file.close()
  }
}

/** Copies a range of a file to a file of its own. @throws {StorageError} NO_SPACE, IO_ERROR. */
export async function copyToFile(
  storage: Storage,
  path: string,
  from: { readonly original: SourceFile; readonly range: ByteRange },
): Promise<void> {
  const { original, range } = from
  const length = range.end - range.start
  const file = await storage.create(path, length)
  try {
    await copyRange(original, range, file.bytes)
    file.wrote(0, length)
    await file.sync()
  } finally {
    file.close()
  }
}

async function copyRange(
  original: SourceFile,
  { start, end }: ByteRange,
  target: Uint8Array,
): Promise<void> {
  for (let position = start; position < end; position += COPY_BYTES) {
    const length = Math.min(COPY_BYTES, end - position)
    const at = position - start
    const count = await original.read(target.subarray(at, at + length), position)
    if (count === length) continue
    const message = `the file ends at position ${position + count}, it had ${end} bytes before`
    throw new StorageError('IO_ERROR', message, { details: { positionBytes: position + count } })
  }
}

/** Looks at the copy as a stranger would: the disk may have given other bytes this time. */
function checkedExtent(file: StorageFile, path: string, piece: PiecePlan): SegmentExtent {
  const { baseOffset, endOffset } = piece
  const extent = emptyExtent(baseOffset)
  const scan = { start: SEGMENT_HEADER_BYTES, expectedOffset: baseOffset, depth: 'whole' } as const
  const end = scanBatches(new SegmentBytes(file), scan, (batch, position) => {
    noteBatch(extent, { position, batchLength: batch.batchLength }, batch)
  })
  if (end.defect === undefined && end.nextOffset === endOffset) return extent
  const why = end.defect?.message ?? `it ends at offset ${end.nextOffset}, expected ${endOffset}`
  const message = `the copy "${path}" is not what was read before: ${why}; check the disk`
  throw new StorageError('IO_ERROR', message, { details: { path } })
}

/** Twice, because a recovery point is only written once what it vouches for is on disk. */
async function syncWithPoint(
  file: StorageFile,
  extent: SegmentExtent,
  epoch: number,
): Promise<void> {
  file.wrote(0, file.bytes.length)
  await file.sync()
  writeRecoveryPoint(file.bytes, 0, {
    durableOffset: extent.endOffset,
    durablePosition: extent.dataEnd,
    generation: 1,
    appendTimeUs: extent.lastAppendTimeUs,
    epoch,
  })
  file.wrote(0, SEGMENT_HEADER_BYTES)
  await file.sync()
}
