/**
 * Opens the sealed segments of a stream that another process writes, on use.
 *
 * Differs from the writer's own loader in two things. A file may be gone: whether retention removed it,
 * only a look at the metadata tells. And the writer may be cutting the file at this moment, so that the
 * size of the mapping says nothing: where an index is missing, the headers are followed, and bytes that
 * no header leads to are only looked at in a copy.
 */
import { SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { scanBatches } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import { scannedExtent, sealedSegmentOpener } from '../segments/segment-loader.js'
import { emptyExtent, noteBatch } from '../segments/segment.js'
import type { Segment, SegmentExtent, SegmentLoader } from '../segments/segment.js'
import type { ReadOnlyStorage } from '../storage/read-only-storage.js'
import { isMissingFile } from './follow-errors.js'

/** What the loader asks of those who know the stream. */
export interface LoaderHooks {
  /** The file of a listed segment is not there. Its error is thrown after the call, if the call returns. */
  readonly onMissingFile: () => void
  /** True when the next segment goes on where this one is found to end. */
  readonly isContinued: (segment: Segment, endOffset: number) => boolean
}

/** A loader for the segments in `directory`. */
export function followedLoader(
  storage: ReadOnlyStorage,
  directory: string,
  hooks: LoaderHooks,
): SegmentLoader {
  const open = sealedSegmentOpener(storage, directory, (segment, contents) => {
    const walked = walkedExtent(segment, contents)
    if (hooks.isContinued(segment, walked.endOffset)) return walked
    const bytes = storage.readFile(`${directory}/${segment.fileName}`) ?? new Uint8Array(0)
    return scannedExtent(new SegmentBytes({ bytes }), emptyExtent(segment.baseOffset))
  })
  return {
    openSealed(segment) {
      try {
        return open(segment)
      } catch (error) {
        if (isMissingFile(error)) hooks.onMissingFile()
        throw error
      }
    },
    openActive() {
      throw new Error('the tail of a followed stream stays open')
    },
  }
}

/** The extent as far as valid headers lead. */
function walkedExtent({ baseOffset }: Segment, contents: SegmentBytes): SegmentExtent {
  const extent = emptyExtent(baseOffset)
  const from = { start: SEGMENT_HEADER_BYTES, expectedOffset: baseOffset, depth: 'header' } as const
  scanBatches(contents, from, (batch, position) => {
    noteBatch(extent, { position, batchLength: batch.batchLength }, batch)
  })
  return extent
}
