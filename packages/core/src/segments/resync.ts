/**
 * Finds where a segment goes on behind a damaged batch.
 *
 * A header whose check holds says where the next batch begins, whatever became of the body. Without one
 * the next batch is looked for, and it must not be one that a value of the damaged batch happens to
 * hold: the body check of the damaged batch is asked first (it covers exactly the bytes up to the next
 * batch), then its length, and only then is the first batch that fits between its neighbours taken.
 *
 * Pure over bytes: readers use it on a mapping, verify and repair on a window of a file.
 */
import {
  APPEND_TIME_AT,
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BATCH_ALIGNMENT_BYTES,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MAX,
  BATCH_LENGTH_MIN,
  BODY_CHECK_AT,
  crc32,
  EPOCH_AT,
  inspectBatch,
  inspectBatchHeader,
  LAST_OFFSET_DELTA_AT,
  readU64,
} from '@tailrace/format'

/** What a batch must fit to be taken for the next one of the log. */
export interface BatchBounds {
  /** The offset that the damaged batch was to begin with. */
  readonly offsetMin: number
  /** No record at or above it. */
  readonly offsetEnd: number
  /** In microseconds. */
  readonly appendTimeUsMin: number
  readonly epochMax: number
}

/** Bytes of a segment, or of a part of it. */
export interface DamagedBytes {
  readonly bytes: Uint8Array
  /** Where the damaged batch begins in `bytes`. */
  readonly damagedAt: number
  /** Batches end at or before it. */
  readonly limit: number
}

/** Where the log goes on. */
export interface Continuation {
  /** In the bytes that were given. */
  readonly position: number
  /** The offset of the first record there. */
  readonly offset: number
}

/** The bounds of a batch of which only the offsets are known. */
export function offsetBounds(offsetMin: number, offsetEnd: number): BatchBounds {
  return { offsetMin, offsetEnd, appendTimeUsMin: 0, epochMax: 2 ** 32 - 1 }
}

/**
 * Where the log goes on: at `damagedAt` itself if a later batch than the one expected is there whole, or
 * behind. Undefined when no batch fits. At the place that a valid header leads to, there may be another
 * damaged batch, or none.
 */
export function continuationBehind(
  damaged: DamagedBytes,
  bounds: BatchBounds,
): Continuation | undefined {
  const { bytes, damagedAt, limit } = damaged
  const view = viewOf(bytes)
  if (fits({ bytes, view, limit }, damagedAt, bounds)) {
    return { position: damagedAt, offset: baseOffsetAt(view, damagedAt) }
  }
  if (inspectBatchHeader(view, damagedAt, limit) === undefined) {
    const offset = nextOffsetAt(view, damagedAt)
    if (offset > bounds.offsetMin && offset <= bounds.offsetEnd) {
      return { position: damagedAt + lengthAt(view, damagedAt), offset }
    }
  }
  const position = batchBehind(damaged, view, bounds)
  return position === undefined ? undefined : { position, offset: baseOffsetAt(view, position) }
}

/** The first batch that fits and begins in `[start, end)` of the bytes; undefined when none does. */
export function firstBatchIn(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  bounds: BatchBounds,
): Continuation | undefined {
  const view = viewOf(bytes)
  for (let at = range.start; at < range.end; at += BATCH_ALIGNMENT_BYTES) {
    if (fits({ bytes, view, limit: bytes.length }, at, bounds)) {
      return { position: at, offset: baseOffsetAt(view, at) }
    }
  }
  return undefined
}

interface Searched {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly limit: number
}

function batchBehind(
  { bytes, damagedAt, limit }: DamagedBytes,
  view: DataView,
  bounds: BatchBounds,
): number | undefined {
  const searched = { bytes, view, limit }
  const hasHeader = damagedAt + BATCH_HEADER_BYTES <= limit
  const bodyCheck = hasHeader ? view.getUint32(damagedAt + BODY_CHECK_AT, true) : 0
  const hinted = hasHeader ? hintedEnd(view, damagedAt, limit) : undefined
  let first: number | undefined
  let check = 0
  let checkedTo = damagedAt + ATTRIBUTES_AT
  for (let at = damagedAt + BATCH_ALIGNMENT_BYTES; at < limit; at += BATCH_ALIGNMENT_BYTES) {
    const isTooFar = at > damagedAt + BATCH_LENGTH_MAX
    if (isTooFar && first !== undefined) break
    if (!fits(searched, at, bounds)) continue
    first ??= at
    if (isTooFar || at < damagedAt + BATCH_LENGTH_MIN) continue
    check = crc32(bytes, checkedTo, at, check)
    checkedTo = at
    if (check === bodyCheck) return at
  }
  if (hinted === undefined) return first
  if (fits(searched, hinted, bounds)) return hinted
  return isZero(bytes, hinted, limit) ? undefined : first
}

/** Where the batch ends if its length can be believed. */
function hintedEnd(view: DataView, position: number, limit: number): number | undefined {
  const length = lengthAt(view, position)
  const isPossible =
    length >= BATCH_LENGTH_MIN &&
    length <= BATCH_LENGTH_MAX &&
    length % BATCH_ALIGNMENT_BYTES === 0 &&
    position + length <= limit
  return isPossible ? position + length : undefined
}

/** Cheap questions first: nearly every position is ruled out by its first byte. */
function fits({ bytes, view, limit }: Searched, position: number, bounds: BatchBounds): boolean {
  if (bytes[position] !== 0x54 || bytes[position + 1] !== 0x52) return false
  if (inspectBatchHeader(view, position, limit) !== undefined) return false
  return (
    baseOffsetAt(view, position) >= bounds.offsetMin &&
    nextOffsetAt(view, position) <= bounds.offsetEnd &&
    readU64(view, position + APPEND_TIME_AT) >= bounds.appendTimeUsMin &&
    view.getUint32(position + EPOCH_AT, true) <= bounds.epochMax &&
    inspectBatch(bytes, position, limit, 'whole') === undefined
  )
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 0) return false
  return true
}

function lengthAt(view: DataView, position: number): number {
  return view.getUint32(position + BATCH_LENGTH_AT, true)
}

function baseOffsetAt(view: DataView, position: number): number {
  return readU64(view, position + BASE_OFFSET_AT)
}

function nextOffsetAt(view: DataView, position: number): number {
  return baseOffsetAt(view, position) + view.getUint32(position + LAST_OFFSET_DELTA_AT, true) + 1
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
