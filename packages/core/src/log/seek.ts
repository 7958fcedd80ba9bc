/**
 * Finds where a batch lies: by offset and by append time.
 *
 * The sparse index gives a position to start from, then at most one index interval of batch headers is
 * walked, past damaged ones. Stateless; knows segments, not the log.
 */
import { inspectBatchHeader, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { continuationBehind, offsetBounds } from '../segments/resync.js'
import type { Continuation } from '../segments/resync.js'
import type { Segment } from '../segments/segment.js'
import type { LogMark } from './log-mark.js'
import type { SegmentList } from './segment-list.js'

/**
 * The position of the batch of `segment` that holds `offset`, which must lie in it. If a damaged batch
 * held it, the position of that one; the end of the data when the batches end before the offset.
 */
export function positionOfOffset(segment: Segment, offset: number): number {
  const { index, dataEnd } = segment.extent()
  const contents = segment.contents()
  let position = index.positionForOffset(offset) ?? SEGMENT_HEADER_BYTES
  let offsetMin = segment.baseOffset
  while (position < dataEnd) {
    const goesOn = behindDamage(segment, position, offsetMin)
    const nextOffset = goesOn?.offset ?? contents.nextOffsetAt(position)
    if (nextOffset > offset) return position
    position = goesOn?.position ?? position + contents.batchLengthAt(position)
    offsetMin = nextOffset
  }
  return position
}

/**
 * The first offset below `end` whose batch was appended at or after `timestampUs`; undefined when all
 * of them were appended before. Exact: the records of a batch share its append time.
 *
 * The time of a damaged batch is not known. Where it may be the one, the answer is its first offset: whoever
 * reads on from there is told of the damage instead of being led past it.
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
  const contents = segment.contents()
  const before = index.lastBefore(timestampUs)
  let position = before?.position ?? SEGMENT_HEADER_BYTES
  let offset = before?.offset ?? segment.baseOffset
  let damagedFrom: number | undefined
  while (position < dataEnd) {
    const goesOn = behindDamage(segment, position, offset)
    const isFound = goesOn === undefined && contents.appendTimeUsAt(position) >= timestampUs
    if (isFound) return damagedFrom ?? offset
    damagedFrom = goesOn === undefined ? undefined : (damagedFrom ?? offset)
    offset = goesOn?.offset ?? contents.nextOffsetAt(position)
    position = goesOn?.position ?? position + contents.batchLengthAt(position)
  }
  return damagedFrom
}

/** Where the segment goes on if the header at `position` is damaged; undefined when it is not. */
function behindDamage(
  segment: Segment,
  position: number,
  offsetMin: number,
): Continuation | undefined {
  const { bytes, view } = segment.contents()
  const { dataEnd, endOffset } = segment.extent()
  if (inspectBatchHeader(view, position, dataEnd) === undefined) return undefined
  const bounds = offsetBounds(offsetMin, endOffset)
  const found = continuationBehind({ bytes, damagedAt: position, limit: dataEnd }, bounds)
  return found ?? { position: dataEnd, offset: endOffset }
}
