/**
 * Opens sealed segments: maps the file and learns its extent from the index sidecar.
 *
 * The sidecar is derived. One that is missing, damaged or disagrees with the file is rebuilt from the
 * batches; it is never believed over them.
 */
import {
  BATCH_HEADER_BYTES,
  decodeIndex,
  decodeSegmentHeader,
  encodeIndex,
  END_MARKER_BYTES,
  indexFileName,
  SEGMENT_HEADER_BYTES,
  TailraceError,
} from '@tailrace/format'
import type { BatchView } from '@tailrace/format'
import type { Storage, StorageFile } from '../storage/storage-port.js'
import { continuationBehind, offsetBounds } from './resync.js'
import { scanBatches } from './scan.js'
import { SegmentBytes } from './segment-bytes.js'
import { emptyExtent, noteBatch } from './segment.js'
import type { Segment, SegmentExtent, SegmentLoader } from './segment.js'
import { SparseIndex } from './sparse-index.js'

/** What is read of a directory to open a sealed segment. */
export interface SegmentFiles {
  open(path: string, mode: 'read'): StorageFile
  readFile(path: string): Uint8Array | undefined
}

/** What a loader has to know of the stream. */
export interface LoaderStream {
  readonly streamId: string
  /** A part of the segment's extent that is known already, to go on from; a new one for each call. */
  readonly extentBelow: (segment: Segment, contents: SegmentBytes) => SegmentExtent | undefined
  /** Hears of each sidecar that is there and of no use. */
  readonly onUnusable: (segment: Segment) => void
}

/**
 * A loader for the segments in `directory`. One that belongs elsewhere is taken for one without batches.
 */
export function segmentLoader(
  storage: Storage,
  directory: string,
  { streamId, extentBelow, onUnusable }: LoaderStream,
): SegmentLoader {
  const openSealed = sealedSegmentOpener(storage, directory, (segment, contents) => {
    const below = extentBelow(segment, contents) ?? emptyExtent(segment.baseOffset)
    return scannedExtent(contents, below)
  })
  return {
    openSealed(segment) {
      const opened = openSealed(segment)
      if (opened.isIndexUnusable) onUnusable(segment)
      if (belongs(opened.file.bytes, streamId, segment.baseOffset)) return opened
      return { file: opened.file, extent: emptyExtent(segment.baseOffset) }
    },
    openActive(segment) {
      return storage.open(`${directory}/${segment.fileName}`, 'write')
    },
    async warmUp({ fileName, baseOffset }) {
      const names = [indexFileName(baseOffset), fileName]
      await Promise.all(names.map(async (name) => storage.warmUp?.(`${directory}/${name}`)))
    },
  }
}

/** A sealed segment as it was opened. */
interface OpenedSegment {
  readonly file: StorageFile
  readonly extent: SegmentExtent
  /** The sidecar is there, and not believed. */
  readonly isIndexUnusable: boolean
}

/**
 * Opens sealed segments; `rebuild` learns the extent of one whose sidecar is missing or of no use. Where
 * anything throws, nothing stays open: whoever reads tries again, and each attempt would keep a descriptor.
 */
export function sealedSegmentOpener(
  files: SegmentFiles,
  directory: string,
  rebuild: (segment: Segment, contents: SegmentBytes) => SegmentExtent,
): (segment: Segment) => OpenedSegment {
  const withExtent = (segment: Segment, file: StorageFile): OpenedSegment => {
    const contents = new SegmentBytes(file)
    const index = files.readFile(`${directory}/${indexFileName(segment.baseOffset)}`)
    const stored = index === undefined ? undefined : storedExtent(index, segment.baseOffset)
    if (stored !== undefined && agrees(stored, contents)) {
      return { file, extent: stored, isIndexUnusable: false }
    }
    return { file, extent: rebuild(segment, contents), isIndexUnusable: index !== undefined }
  }
  return (segment) => {
    const file = files.open(`${directory}/${segment.fileName}`, 'read')
    try {
      return withExtent(segment, file)
    } catch (error) {
      file.close()
      throw error
    }
  }
}

/** Writes the sidecar of a sealed segment. Not synced: losing it costs a scan. */
export async function writeIndexFile(
  storage: Storage,
  directory: string,
  segment: Segment,
): Promise<void> {
  const { baseOffset } = segment
  const content = encodedIndex(baseOffset, segment.extent())
  await storage.writeFile(`${directory}/${indexFileName(baseOffset)}`, content)
}

/** The sidecar's content. */
export function encodedIndex(baseOffset: number, extent: Readonly<SegmentExtent>): Uint8Array {
  return encodeIndex({
    baseOffset,
    endOffset: extent.endOffset,
    dataEndPosition: extent.dataEnd,
    batchCount: extent.batchCount,
    recordCount: extent.endOffset - baseOffset,
    firstAppendTimeUs: extent.firstAppendTimeUs,
    lastAppendTimeUs: extent.lastAppendTimeUs,
    entries: extent.index.entries,
  })
}

/** The extent that an index file gives to a segment; undefined when it is damaged or of another one. */
export function storedExtent(index: Uint8Array, baseOffset: number): SegmentExtent | undefined {
  try {
    const decoded = decodeIndex(index)
    if (decoded.baseOffset !== baseOffset) return undefined
    return {
      endOffset: decoded.endOffset,
      dataEnd: decoded.dataEndPosition,
      firstAppendTimeUs: decoded.firstAppendTimeUs,
      lastAppendTimeUs: decoded.lastAppendTimeUs,
      batchCount: decoded.batchCount,
      index: new SparseIndex(baseOffset, decoded.entries),
    }
  } catch (error) {
    if (TailraceError.is(error)) return undefined
    throw error
  }
}

/** False when the header says that the file is of another stream or place; a damaged one does not say. */
function belongs(bytes: Uint8Array, streamId: string, baseOffset: number): boolean {
  try {
    const header = decodeSegmentHeader(bytes)
    return header.streamId === streamId && header.baseOffset === baseOffset
  } catch (error) {
    if (TailraceError.is(error)) return true
    throw error
  }
}

/** True when the file ends where the sidecar says its data ends. */
function agrees(extent: SegmentExtent, contents: SegmentBytes): boolean {
  const size = contents.bytes.length
  if (extent.dataEnd + END_MARKER_BYTES > size || extent.dataEnd < SEGMENT_HEADER_BYTES)
    return false
  return contents.batchLengthAt(extent.dataEnd) === 0
}

/**
 * The extent as the headers say it, past damaged ones: what lies behind them is to be read, too. Looks at
 * all of the bytes behind `extent`, which it completes.
 */
export function scannedExtent(
  contents: SegmentBytes<Pick<StorageFile, 'bytes'>>,
  extent: SegmentExtent,
): SegmentExtent {
  const { bytes } = contents
  const note = (batch: BatchView, position: number): void => {
    noteBatch(extent, { position, batchLength: batch.batchLength }, batch)
  }
  let start = extent.dataEnd
  let expectedOffset = extent.endOffset
  for (;;) {
    const end = scanBatches(contents, { start, expectedOffset, depth: 'header' }, note)
    if (end.position + BATCH_HEADER_BYTES > bytes.length) return extent
    const damaged = { bytes, damagedAt: end.position, limit: bytes.length }
    const bounds = offsetBounds(end.nextOffset, Number.MAX_SAFE_INTEGER)
    const goesOn = continuationBehind(damaged, bounds)
    if (goesOn === undefined) return extent
    start = goesOn.position
    expectedOffset = goesOn.offset
  }
}
