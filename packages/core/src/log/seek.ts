/**
 * Finds where a batch lies: by offset and by append time.
 *
 * The sparse index gives a position to start from, then at most one index interval of batch headers is
 * walked. Stateless; knows segments, not the log.
 */
import { BATCH_HEADER_BYTES, SEGMENT_HEADER_BYTES, StorageError } from '@tailrace/format'
import type { SegmentBytes } from '../segments/segment-bytes.js'
import type { Segment } from '../segments/segment.js'
import type { LogMark } from './log-mark.js'
import type { SegmentList } from './segment-list.js'

/**
 * The position of the batch of `segment` that holds `offset`, which must lie in it.
 *
 * @throws {StorageError} STREAM_CORRUPT when the walk meets a length that leads nowhere.
 */
export function positionOfOffset(segment: Segment, offset: number): number {
  const { index } = segment.extent()
  const start = index.positionForOffset(offset) ?? SEGMENT_HEADER_BYTES
  return walk(segment, start, (contents, at) => contents.nextOffsetAt(at) > offset)
}

/**
 * The first offset below `end` whose batch was appended at or after `timestampUs`; undefined when all
 * of them were appended before. Exact: the records of a batch share its append time.
 */
export function offsetAtTime(
  segments: SegmentList,
  timestampUs: number,
  end: LogMark,
): number | undefined {
  const index = lastBeginningBefore(segments, timestampUs)
  for (let at = index; at < segments.length; at += 1) {
    const segment = segments.at(at)
    if (segment.baseOffset >= end.offset) return undefined
    const offset = offsetAtTimeIn(segment, timestampUs)
    if (offset !== undefined) return offset < end.offset ? offset : undefined
  }
  return undefined
}

/** Index of the last segment whose first batch was appended before the time; 0 if none was. */
function lastBeginningBefore(segments: SegmentList, timestampUs: number): number {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const { batchCount, firstAppendTimeUs } = segments.at(middle).extent()
    if (batchCount > 0 && firstAppendTimeUs < timestampUs) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function offsetAtTimeIn(segment: Segment, timestampUs: number): number | undefined {
  const { index, dataEnd } = segment.extent()
  const start = index.positionBeforeTime(timestampUs) ?? SEGMENT_HEADER_BYTES
  const found = walk(segment, start, (contents, at) => contents.appendTimeUsAt(at) >= timestampUs)
  return found < dataEnd ? segment.contents().baseOffsetAt(found) : undefined
}

/** The first position from `start` on whose batch satisfies `isFound`; the end of the data if none does. */
function walk(
  segment: Segment,
  start: number,
  isFound: (contents: SegmentBytes, position: number) => boolean,
): number {
  const contents = segment.contents()
  const { dataEnd } = segment.extent()
  let position = start
  while (position < dataEnd && !isFound(contents, position)) {
    const length = contents.batchLengthAt(position)
    if (length < BATCH_HEADER_BYTES || position + length > dataEnd) {
      throw corruptLength(segment, position, length)
    }
    position += length
  }
  return position
}

function corruptLength(segment: Segment, position: number, length: number): StorageError {
  const message =
    `${segment.fileName} is damaged: batch length ${length} at position ${position}, ` +
    `the data ends at ${segment.extent().dataEnd}`
  const details = { segment: segment.fileName, positionBytes: position }
  return new StorageError('STREAM_CORRUPT', message, { details })
}
