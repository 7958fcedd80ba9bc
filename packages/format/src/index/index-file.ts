/**
 * The index file of a sealed segment: a summary of the segment, and its sparse index.
 *
 * Derived from the log and never evidence about it: whoever reads it compares base offset and
 * position with the segment, and rebuilds what is missing or does not decode. The header has a check
 * of its own, so that opening a store reads 64 bytes a segment and not the entries.
 */

import { crc32 } from '#crc32'
import { hex } from '../batch/batch-defect.js'
import { BATCH_ALIGNMENT_BYTES } from '../batch/batch-descriptor.js'
import { U32_MAX, checkInteger } from '../bytes/check-integer.js'
import { isSafeU64, readU64, writeU64 } from '../bytes/u64.js'
import { FormatError } from '../errors/error-classes.js'
import { SEGMENT_HEADER_BYTES } from '../segment/segment-descriptor.js'
import {
  ENTRY_APPEND_TIME_AT,
  INDEX_BASE_OFFSET_AT,
  INDEX_BATCH_COUNT_AT,
  INDEX_CHECK_AT,
  INDEX_DATA_END_AT,
  INDEX_END_OFFSET_AT,
  INDEX_ENTRIES_CHECK_AT,
  INDEX_ENTRY_BYTES,
  INDEX_ENTRY_COUNT_AT,
  INDEX_FIRST_APPEND_TIME_AT,
  INDEX_HEADER_BYTES,
  INDEX_LAST_APPEND_TIME_AT,
  INDEX_MAGIC,
  INDEX_MAGIC_AT,
  INDEX_RECORD_COUNT_AT,
} from './index-descriptor.js'
import { IndexEntries } from './index-entries.js'

/** What a sealed segment holds, without its entries. */
export interface SegmentSummary {
  readonly baseOffset: number
  /** The offset behind the last record; `baseOffset` when there is none. */
  readonly endOffset: number
  /** The position behind the last batch. */
  readonly dataEndPosition: number
  readonly batchCount: number
  readonly recordCount: number
  /** Append time of the first batch, µs since 1970; 0 when there is none. */
  readonly firstAppendTimeUs: number
  /** Append time of the last batch, µs since 1970; 0 when there is none. */
  readonly lastAppendTimeUs: number
}

/** A decoded index file. */
export interface SegmentIndex extends SegmentSummary {
  readonly entries: IndexEntries
}

/** The header of an index file. */
export interface IndexHeader extends SegmentSummary {
  readonly entryCount: number
}

/**
 * Encodes an index file. The caller owns the result.
 *
 * @throws {RangeError} when a field is out of its range
 */
export function encodeIndex(index: SegmentIndex): Uint8Array<ArrayBuffer> {
  const entries = index.entries.bytes()
  const bytes = new Uint8Array(INDEX_HEADER_BYTES + entries.length)
  const view = new DataView(bytes.buffer)
  bytes.set(INDEX_MAGIC, INDEX_MAGIC_AT)
  bytes.set(entries, INDEX_HEADER_BYTES)
  for (const [field, at] of U64_FIELDS) {
    writeU64(view, at, checkInteger(field, index[field], Number.MAX_SAFE_INTEGER))
  }
  for (const [field, at] of U32_FIELDS)
    view.setUint32(at, checkInteger(field, index[field], U32_MAX), true)
  view.setUint32(INDEX_ENTRY_COUNT_AT, index.entries.count, true)
  view.setUint32(INDEX_ENTRIES_CHECK_AT, crc32(bytes, INDEX_HEADER_BYTES), true)
  view.setUint32(INDEX_CHECK_AT, crc32(bytes, 0, INDEX_CHECK_AT), true)
  return bytes
}

/**
 * Decodes an index file and checks that its entries are in order and lie in the segment.
 *
 * @throws {FormatError} TRUNCATED, BAD_MAGIC, CHECKSUM_MISMATCH or INVALID_FIELD when the bytes are
 * not exactly one valid index file; the index is then rebuilt from the segment
 */
export function decodeIndex(bytes: Uint8Array): SegmentIndex {
  const { entryCount, ...summary } = decodeIndexHeader(bytes)
  const neededBytes = INDEX_HEADER_BYTES + entryCount * INDEX_ENTRY_BYTES
  if (bytes.length < neededBytes) throw truncatedIndex(neededBytes, bytes.length)
  if (bytes.length > neededBytes) {
    throw invalidIndex(`file has ${bytes.length - neededBytes} bytes behind its entries`)
  }
  const stored = viewOf(bytes).getUint32(INDEX_ENTRIES_CHECK_AT, true)
  compareChecks('entries', stored, crc32(bytes, INDEX_HEADER_BYTES))
  checkEntryTimes(viewOf(bytes), entryCount)
  const entries = IndexEntries.from(bytes.subarray(INDEX_HEADER_BYTES))
  checkEntries(entries, summary)
  return { ...summary, entries }
}

/**
 * Decodes only the header of an index file: the first 64 bytes are enough.
 *
 * @throws {FormatError} TRUNCATED, BAD_MAGIC, CHECKSUM_MISMATCH or INVALID_FIELD when it is not valid
 */
export function decodeIndexHeader(bytes: Uint8Array): IndexHeader {
  if (bytes.length < INDEX_HEADER_BYTES) throw truncatedIndex(INDEX_HEADER_BYTES, bytes.length)
  if (INDEX_MAGIC.some((byte, i) => bytes[INDEX_MAGIC_AT + i] !== byte)) {
    throw new FormatError('BAD_MAGIC', 'index does not begin with "TRINDEX1"', {
      details: { positionBytes: 0 },
    })
  }
  const view = viewOf(bytes)
  compareChecks('header', view.getUint32(INDEX_CHECK_AT, true), crc32(bytes, 0, INDEX_CHECK_AT))
  for (const [field, at] of U64_FIELDS) {
    if (!isSafeU64(view, at)) throw invalidIndex(`${field} is above ${Number.MAX_SAFE_INTEGER}`)
  }
  const header = {
    baseOffset: readU64(view, INDEX_BASE_OFFSET_AT),
    endOffset: readU64(view, INDEX_END_OFFSET_AT),
    dataEndPosition: view.getUint32(INDEX_DATA_END_AT, true),
    batchCount: view.getUint32(INDEX_BATCH_COUNT_AT, true),
    recordCount: view.getUint32(INDEX_RECORD_COUNT_AT, true),
    firstAppendTimeUs: readU64(view, INDEX_FIRST_APPEND_TIME_AT),
    lastAppendTimeUs: readU64(view, INDEX_LAST_APPEND_TIME_AT),
    entryCount: view.getUint32(INDEX_ENTRY_COUNT_AT, true),
  }
  checkSummary(header)
  return header
}

const U64_FIELDS = [
  ['baseOffset', INDEX_BASE_OFFSET_AT],
  ['endOffset', INDEX_END_OFFSET_AT],
  ['firstAppendTimeUs', INDEX_FIRST_APPEND_TIME_AT],
  ['lastAppendTimeUs', INDEX_LAST_APPEND_TIME_AT],
] as const

const U32_FIELDS = [
  ['dataEndPosition', INDEX_DATA_END_AT],
  ['batchCount', INDEX_BATCH_COUNT_AT],
  ['recordCount', INDEX_RECORD_COUNT_AT],
] as const

/** Relations that every segment has; a summary that breaks one was computed wrongly. */
function checkSummary(header: IndexHeader): void {
  const { baseOffset, endOffset, dataEndPosition, recordCount, batchCount, entryCount } = header
  if (endOffset < baseOffset + recordCount) {
    throw invalidIndex(`endOffset ${endOffset} is below ${baseOffset} + ${recordCount} records`)
  }
  if (dataEndPosition < SEGMENT_HEADER_BYTES || dataEndPosition % BATCH_ALIGNMENT_BYTES !== 0) {
    throw invalidIndex(`dataEndPosition ${dataEndPosition} is not a place where a batch ends`)
  }
  if (batchCount > recordCount || entryCount > batchCount) {
    throw invalidIndex(
      `has ${entryCount} entries, ${batchCount} batches and ${recordCount} records: must not decrease`,
    )
  }
  if (header.firstAppendTimeUs > header.lastAppendTimeUs) {
    throw invalidIndex('firstAppendTimeUs is above lastAppendTimeUs')
  }
}

function checkEntryTimes(view: DataView, entryCount: number): void {
  for (let i = 0; i < entryCount; i++) {
    const at = INDEX_HEADER_BYTES + i * INDEX_ENTRY_BYTES + ENTRY_APPEND_TIME_AT
    if (!isSafeU64(view, at)) throw invalidIndex(`entry ${i}: appendTimeUs is above 2^53 − 1`)
  }
}

function checkEntries(entries: IndexEntries, summary: SegmentSummary): void {
  let offset = -1
  let position = SEGMENT_HEADER_BYTES - 1
  let timeUs = summary.firstAppendTimeUs
  for (let i = 0; i < entries.count; i++) {
    const isInOrder =
      entries.relativeOffset(i) > offset &&
      entries.position(i) > position &&
      entries.appendTimeUs(i) >= timeUs
    if (!isInOrder) throw invalidIndex(`entry ${i} is not behind the one before`)
    offset = entries.relativeOffset(i)
    position = entries.position(i)
    timeUs = entries.appendTimeUs(i)
    if (position % BATCH_ALIGNMENT_BYTES !== 0) {
      throw invalidIndex(`entry ${i}: position ${position} is not a multiple of 8`)
    }
  }
  if (entries.count === 0) return
  const isInSegment =
    summary.baseOffset + offset < summary.endOffset &&
    position < summary.dataEndPosition &&
    timeUs <= summary.lastAppendTimeUs
  if (!isInSegment) throw invalidIndex('the last entry lies behind the segment')
}

function compareChecks(part: string, stored: number, computed: number): void {
  if (stored === computed) return
  throw new FormatError(
    'CHECKSUM_MISMATCH',
    `index ${part} check is ${hex(stored)}, its bytes give ${hex(computed)}`,
    { details: { positionBytes: 0, part, stored, computed } },
  )
}

function truncatedIndex(neededBytes: number, availableBytes: number): FormatError {
  return new FormatError('TRUNCATED', `index has ${availableBytes} of ${neededBytes} bytes`, {
    details: { positionBytes: 0, neededBytes, availableBytes },
  })
}

function invalidIndex(problem: string): FormatError {
  return new FormatError('INVALID_FIELD', `index ${problem}`, { details: { positionBytes: 0 } })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
