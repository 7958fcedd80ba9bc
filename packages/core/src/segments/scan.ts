/**
 * Walks the batches of a segment from a position, checking each, and says where and why it stopped.
 *
 * Stateless over bytes (after Aeron's term scanners). Used by recovery, by the rebuilding of an index
 * and by `dump`; the read path has its own, shorter walk.
 */
import { BATCH_HEADER_BYTES, BatchView, inspectBatch, inspectBatchHeader } from '@tailrace/format'
import type { BatchDefect } from '@tailrace/format'
import type { StorageFile } from '../storage/storage-port.js'
import type { SegmentBytes } from './segment-bytes.js'

/** Where to walk and how closely to look. */
export interface ScanOptions {
  /** Position of the first batch. */
  readonly start: number
  /** The offset its first record must have. */
  readonly expectedOffset: number
  /** `header` checks the header alone; `whole` also columns and body. */
  readonly depth: 'header' | 'whole'
  /** Position at which to stop, by default the end of the bytes. */
  readonly limit?: number
}

/** Why a walk ended: at the end of the data, or before something that is no valid next batch. */
export interface ScanEnd {
  readonly position: number
  /** The offset the next batch would have. */
  readonly nextOffset: number
  /** Undefined at a clean end (a zero commit word, or the end of the bytes). */
  readonly defect: BatchDefect | undefined
}

/** Calls `visit` for every valid batch in order; the view is reused between calls. */
export function scanBatches(
  contents: SegmentBytes<Pick<StorageFile, 'bytes'>>,
  options: ScanOptions,
  visit: (batch: BatchView, position: number) => void,
): ScanEnd {
  const { bytes } = contents
  let batch: BatchView | undefined
  const limit = options.limit ?? bytes.length
  let position = options.start
  let nextOffset = options.expectedOffset
  for (;;) {
    if (position >= limit || isEndOfData(contents, position))
      return { position, nextOffset, defect: undefined }
    const defect =
      options.depth === 'header'
        ? inspectBatchHeader(contents.view, position, limit)
        : inspectBatch(bytes, position, limit, 'whole')
    if (defect !== undefined) return { position, nextOffset, defect }
    batch = batch === undefined ? new BatchView(bytes, position) : batch.wrap(bytes, position)
    if (batch.baseOffset !== nextOffset) {
      return { position, nextOffset, defect: wrongOffset(position, nextOffset, batch.baseOffset) }
    }
    visit(batch, position)
    nextOffset = batch.nextOffset
    position += batch.batchLength
  }
}

/** True when no batch begins at `position`: a zero commit word, or too few bytes for one. */
export function isEndOfData(
  contents: Pick<SegmentBytes, 'bytes' | 'batchLengthAt'>,
  position: number,
): boolean {
  if (position + BATCH_HEADER_BYTES > contents.bytes.length) return true
  return contents.batchLengthAt(position) === 0
}

function wrongOffset(position: number, expected: number, actual: number): BatchDefect {
  return {
    code: 'INVALID_FIELD',
    message: `batch at position ${position} has base offset ${actual}, expected ${expected}`,
    details: { positionBytes: position, expectedOffset: expected, actualOffset: actual },
  }
}
