/**
 * Checks whole batches, to a chosen depth.
 *
 * This is where bytes from a disk or a peer become trusted: `BatchView` reads in place and relies on
 * it. Nothing here throws, and nothing reads outside `[position, limit)`, for any bytes whatever.
 *
 * Damage is told from nonsense: checksums are compared before the fields they cover, so a flipped
 * bit is a CHECKSUM_MISMATCH and an INVALID_FIELD is something a producer really wrote.
 */

import { crc32 } from '#crc32'
import { readU64 } from '../bytes/u64.js'
import { unreachable } from '../errors/assertion.js'
import {
  ATTRIBUTES_AT,
  ATTRIBUTE_CONTROL,
  ATTRIBUTE_HEADERS,
  ATTRIBUTE_KEYS,
  ATTRIBUTE_OFFSETS,
  ATTRIBUTE_TIMES,
  BATCH_ALIGNMENT_BYTES,
  BATCH_LENGTH_AT,
  BODY_CHECK_AT,
  COLUMN_ENTRY_BYTES,
  CREATE_TIME_AT,
  HEADER_WORDS,
  HEADER_WORDS_AT,
  LAST_OFFSET_DELTA_AT,
  RECORD_COUNT_AT,
  columnCount,
} from './batch-descriptor.js'
import { type BatchDefect, checksumMismatch, defectError, invalidField } from './batch-defect.js'
import {
  inspectBatchHeader,
  inspectFrame,
  inspectLogFields,
  inspectProducerFields,
} from './header-inspector.js'

/**
 * How much of a batch is checked.
 *
 * - `structure`: every field and column, no checksum. For bytes that something else vouches for.
 * - `header`: the 72 bytes of the header and `headerCheck`; columns and payload are not read.
 * - `whole`: everything: fields, columns, padding and both checksums.
 */
export type InspectionDepth = 'structure' | 'header' | 'whole'

/**
 * Checks the batch that begins at `position`; it must end at or before `limit`.
 *
 * Makes a `DataView` for each call (100 ns); to check many headers of one buffer, keep a view and
 * call `inspectBatchHeader`. Returns undefined for a valid batch. Never throws.
 */
export function inspectBatch(
  bytes: Uint8Array,
  position: number,
  limit: number,
  depth: InspectionDepth,
): BatchDefect | undefined {
  const view = viewOf(bytes)
  switch (depth) {
    case 'header':
      return inspectBatchHeader(view, position, limit)
    case 'structure':
      return (
        inspectFrame(view, position, limit) ??
        inspectProducerFields(view, position) ??
        inspectLogFields(view, position) ??
        inspectColumns(view, position)
      )
    case 'whole':
      return (
        inspectBatchHeader(view, position, limit) ??
        inspectBodyCheck(bytes, view, position) ??
        inspectColumns(view, position)
      )
    default:
      return unreachable(depth)
  }
}

/**
 * Checks a batch as a producer sends it: all that the producer wrote, and `bodyCheck`.
 *
 * The log's fields are ignored, since the log will write them. On top of the format's rules the
 * offsets must be dense and the batch must not be a control batch: both are the log's to decide. And
 * it must have no extension blocks: none is assigned yet, and a damaged `headerWords`, which
 * `bodyCheck` does not cover, would look like some.
 * Returns undefined for a valid batch. Never throws.
 */
export function inspectProducedBatch(
  bytes: Uint8Array,
  position: number,
  limit: number,
): BatchDefect | undefined {
  const view = viewOf(bytes)
  return (
    inspectFrame(view, position, limit) ??
    inspectBodyCheck(bytes, view, position) ??
    inspectProducerFields(view, position) ??
    inspectRights(view, position) ??
    inspectColumns(view, position)
  )
}

/**
 * Checks like {@link inspectBatch} and throws what it finds.
 *
 * @throws {FormatError} TRUNCATED, BAD_MAGIC, UNSUPPORTED_FORMAT_VERSION, CHECKSUM_MISMATCH or
 * INVALID_FIELD when the bytes are not a valid batch
 */
export function checkBatch(
  bytes: Uint8Array,
  position: number,
  limit: number,
  depth: InspectionDepth,
): void {
  throwDefect(inspectBatch(bytes, position, limit, depth))
}

/**
 * Checks like {@link inspectProducedBatch} and throws what it finds.
 *
 * @throws {FormatError} as {@link checkBatch}
 */
export function checkProducedBatch(bytes: Uint8Array, position: number, limit: number): void {
  throwDefect(inspectProducedBatch(bytes, position, limit))
}

function throwDefect(defect: BatchDefect | undefined): void {
  if (defect !== undefined) throw defectError(defect)
}

/** A view of exactly the same range as `bytes`: positions mean the same, and nothing else is seen. */
function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function inspectBodyCheck(
  bytes: Uint8Array,
  view: DataView,
  position: number,
): BatchDefect | undefined {
  const batchLength = view.getUint32(position + BATCH_LENGTH_AT, true)
  const stored = view.getUint32(position + BODY_CHECK_AT, true)
  const computed = crc32(bytes, position + ATTRIBUTES_AT, position + batchLength)
  if (stored === computed) return undefined
  return checksumMismatch(position, { field: 'bodyCheck', stored, computed })
}

/** What a producer may not write although the format allows it. */
function inspectRights(view: DataView, position: number): BatchDefect | undefined {
  const headerWords = view.getUint8(position + HEADER_WORDS_AT)
  if (headerWords !== HEADER_WORDS) {
    return invalidField(position, 'headerWords', `${headerWords} is not ${HEADER_WORDS}`)
  }
  const attributes = view.getUint16(position + ATTRIBUTES_AT, true)
  if ((attributes & (ATTRIBUTE_CONTROL | ATTRIBUTE_OFFSETS)) !== 0) {
    return invalidField(position, 'attributes', 'have a bit that only the log may set')
  }
  const recordCount = view.getUint32(position + RECORD_COUNT_AT, true)
  const lastOffsetDelta = view.getUint32(position + LAST_OFFSET_DELTA_AT, true)
  if (lastOffsetDelta === recordCount - 1) return undefined
  return invalidField(
    position,
    'lastOffsetDelta',
    `${lastOffsetDelta} is not ${recordCount - 1}: a producer's offsets are dense`,
  )
}

/** Checks columns, payload and padding. Call after the header's fields were found valid. */
function inspectColumns(view: DataView, position: number): BatchDefect | undefined {
  const attributes = view.getUint16(position + ATTRIBUTES_AT, true)
  const recordCount = view.getUint32(position + RECORD_COUNT_AT, true)
  const headerBytes = (view.getUint32(position, true) >>> 24) * BATCH_ALIGNMENT_BYTES
  const columnBytes = recordCount * COLUMN_ENTRY_BYTES
  const columns = position + headerBytes
  const payloadStart = columns + columnBytes * columnCount(attributes)

  let payloadBytes = 0
  let column = columns
  let end = areaEnd(view, column, recordCount)
  if (end < 0) return notMonotonic(position, 'valueEnd')
  payloadBytes += end
  if ((attributes & ATTRIBUTE_TIMES) !== 0) {
    column += columnBytes
    if (!areTimesValid(view, position, column)) {
      return invalidField(position, 'timeDelta', 'leads outside [0, 2^53)')
    }
  }
  if ((attributes & ATTRIBUTE_KEYS) !== 0) {
    column += columnBytes
    end = areaEnd(view, column, recordCount)
    if (end < 0) return notMonotonic(position, 'keyEnd')
    payloadBytes += end
  }
  if ((attributes & ATTRIBUTE_HEADERS) !== 0) {
    column += columnBytes
    end = areaEnd(view, column, recordCount)
    if (end < 0) return notMonotonic(position, 'headersEnd')
    payloadBytes += end
  }
  if ((attributes & ATTRIBUTE_OFFSETS) !== 0) {
    column += columnBytes
    if (!areOffsetsValid(view, position, column)) {
      return invalidField(position, 'offsetDelta', 'does not increase up to lastOffsetDelta')
    }
  }
  return inspectPadding(view, position, payloadStart + payloadBytes)
}

function notMonotonic(position: number, field: string): BatchDefect {
  return invalidField(position, field, 'decreases')
}

/** The last end of a column of ends, or −1 when they decrease somewhere. */
function areaEnd(view: DataView, column: number, recordCount: number): number {
  let previous = 0
  for (let i = 0; i < recordCount; i++) {
    const end = view.getUint32(column + i * COLUMN_ENTRY_BYTES, true)
    if (end < previous) return -1
    previous = end
  }
  return previous
}

function areTimesValid(view: DataView, position: number, column: number): boolean {
  const recordCount = view.getUint32(position + RECORD_COUNT_AT, true)
  const createTimeUs = readU64(view, position + CREATE_TIME_AT)
  for (let i = 0; i < recordCount; i++) {
    const timeUs = createTimeUs + view.getInt32(column + i * COLUMN_ENTRY_BYTES, true)
    if (timeUs < 0 || timeUs > Number.MAX_SAFE_INTEGER) return false
  }
  return true
}

function areOffsetsValid(view: DataView, position: number, column: number): boolean {
  const recordCount = view.getUint32(position + RECORD_COUNT_AT, true)
  const lastOffsetDelta = view.getUint32(position + LAST_OFFSET_DELTA_AT, true)
  let previous = -1
  for (let i = 0; i < recordCount; i++) {
    const delta = view.getUint32(column + i * COLUMN_ENTRY_BYTES, true)
    if (delta <= previous) return false
    previous = delta
  }
  return previous <= lastOffsetDelta
}

/** The payload must end in the last word of the batch, and the rest of that word is zero. */
function inspectPadding(
  view: DataView,
  position: number,
  payloadEnd: number,
): BatchDefect | undefined {
  const batchEnd = position + view.getUint32(position + BATCH_LENGTH_AT, true)
  const paddingBytes = batchEnd - payloadEnd
  if (paddingBytes < 0) {
    return invalidField(position, 'payload', `ends ${-paddingBytes} bytes behind the batch`)
  }
  if (paddingBytes >= BATCH_ALIGNMENT_BYTES) {
    return invalidField(
      position,
      'padding',
      `of ${paddingBytes} bytes is not below ${BATCH_ALIGNMENT_BYTES}`,
    )
  }
  for (let at = payloadEnd; at < batchEnd; at++) {
    if (view.getUint8(at) !== 0) return invalidField(position, 'padding', 'is not zero')
  }
  return undefined
}
