/**
 * Checks the 72 bytes of a batch header, without looking at anything behind them.
 *
 * Apart from the body inspector because a reader of stored batches needs only this, once per batch
 * and hot: everything works on one `DataView` that the caller keeps for its buffer (a new one costs
 * 100 ns, more than the whole inspection), and allocates only when something is wrong.
 *
 * Never throws and never reads outside `[position, limit)`, whatever the bytes are.
 */

import { isSafeU64, readU64 } from '../bytes/u64.js'
import {
  APPEND_TIME_AT,
  ATTRIBUTES_AT,
  ATTRIBUTES_KNOWN,
  ATTRIBUTE_CODEC_MASK,
  BASE_OFFSET_AT,
  BATCH_ALIGNMENT_BYTES,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MAX,
  BATCH_LENGTH_MIN,
  BATCH_MAGIC,
  COLUMN_ENTRY_BYTES,
  CREATE_TIME_AT,
  FORMAT_VERSION,
  HEADER_CHECK_AT,
  HEADER_WORDS,
  LAST_OFFSET_DELTA_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RESERVED_1_AT,
  RESERVED_2_AT,
  columnCount,
} from './batch-descriptor.js'
import { type BatchDefect, checksumMismatch, hex, invalidField, truncated } from './batch-defect.js'
import { computeHeaderCheck } from './header-check.js'

/**
 * Checks the header of a stored batch: its fields and `headerCheck`. Tens of nanoseconds.
 *
 * `view` is kept by the caller for its buffer; `position` and `limit` are places in it. Bytes behind
 * the header are not read, but the whole batch must end at or before `limit`.
 * Returns undefined for a valid header.
 */
export function inspectBatchHeader(
  view: DataView,
  position: number,
  limit: number,
): BatchDefect | undefined {
  return (
    inspectFrame(view, position, limit) ??
    inspectHeaderCheck(view, position) ??
    inspectProducerFields(view, position) ??
    inspectLogFields(view, position)
  )
}

/** Checks magic, version and the lengths: whether `[position, limit)` holds a whole batch. */
export function inspectFrame(
  view: DataView,
  position: number,
  limit: number,
): BatchDefect | undefined {
  const end = Math.min(limit, view.byteLength)
  const available = end - position
  if (!(available >= BATCH_HEADER_BYTES) || !Number.isInteger(position) || position < 0) {
    const availableBytes = position >= 0 && available > 0 ? Math.floor(available) : 0
    return truncated(position, BATCH_HEADER_BYTES, availableBytes)
  }
  const headerWord = view.getUint32(position, true)
  const batchLength = view.getUint32(position + BATCH_LENGTH_AT, true)
  if (!isHeaderWord(headerWord)) return headerWordDefect(position, headerWord)
  if (
    batchLength % BATCH_ALIGNMENT_BYTES !== 0 ||
    batchLength > BATCH_LENGTH_MAX ||
    batchLength < BATCH_LENGTH_MIN
  ) {
    return batchLengthDefect(position, batchLength)
  }
  return batchLength > available ? truncated(position, batchLength, available) : undefined
}

/** Whether the first word of a batch names this format and a possible header length. */
export function isHeaderWord(headerWord: number): boolean {
  return (headerWord & 0xff_ffff) === FRAME_START && headerWord >>> 24 >= HEADER_WORDS
}

const FRAME_START = BATCH_MAGIC | (FORMAT_VERSION << 16)

/** Says what is wrong with a first word that {@link isHeaderWord} refuses. */
export function headerWordDefect(positionBytes: number, headerWord: number): BatchDefect {
  const magic = headerWord & 0xffff
  const version = (headerWord >>> 16) & 0xff
  if (magic !== BATCH_MAGIC) {
    return {
      code: 'BAD_MAGIC',
      message: `batch at position ${positionBytes} begins with ${hex(magic, 4)}, not with ${hex(BATCH_MAGIC, 4)}`,
      details: { positionBytes, actualMagic: magic, expectedMagic: BATCH_MAGIC },
    }
  }
  if (version !== FORMAT_VERSION) {
    return {
      code: 'UNSUPPORTED_FORMAT_VERSION',
      message: `batch at position ${positionBytes} has format version ${version}, this release reads ${FORMAT_VERSION}`,
      details: { positionBytes, actualVersion: version, supportedVersion: FORMAT_VERSION },
    }
  }
  return invalidField(positionBytes, 'headerWords', `${headerWord >>> 24} is below ${HEADER_WORDS}`)
}

function batchLengthDefect(position: number, batchLength: number): BatchDefect {
  const field = 'batchLength'
  if (batchLength > BATCH_LENGTH_MAX) {
    return invalidField(position, field, `${batchLength} is above ${BATCH_LENGTH_MAX}`)
  }
  if (batchLength < BATCH_LENGTH_MIN) {
    return invalidField(position, field, `${batchLength} is below ${BATCH_LENGTH_MIN}`)
  }
  return invalidField(
    position,
    field,
    `${batchLength} is not a multiple of ${BATCH_ALIGNMENT_BYTES}`,
  )
}

/** Compares `headerCheck`. Call after {@link inspectFrame}. */
export function inspectHeaderCheck(view: DataView, position: number): BatchDefect | undefined {
  const stored = view.getUint32(position + HEADER_CHECK_AT, true)
  const computed = computeHeaderCheck(
    view,
    position,
    view.getUint32(position, true),
    view.getUint32(position + BATCH_LENGTH_AT, true),
  )
  if (stored === computed) return undefined
  return checksumMismatch(position, { field: 'headerCheck', stored, computed })
}

/** Checks the fields that the producer wrote. Call after {@link inspectFrame}. */
export function inspectProducerFields(view: DataView, position: number): BatchDefect | undefined {
  const attributes = view.getUint16(position + ATTRIBUTES_AT, true)
  if ((attributes & ~ATTRIBUTES_KNOWN) !== 0) {
    return invalidField(position, 'attributes', `${hex(attributes, 4)} has unknown bits`)
  }
  if ((attributes & ATTRIBUTE_CODEC_MASK) !== 0) {
    return invalidField(
      position,
      'attributes',
      `name the codec ${attributes & ATTRIBUTE_CODEC_MASK}, only 0 (none) is known`,
    )
  }
  if (
    view.getUint16(position + RESERVED_1_AT, true) !== 0 ||
    view.getUint16(position + RESERVED_2_AT, true) !== 0
  ) {
    return invalidField(position, 'reserved', 'is not zero')
  }
  return inspectCounts(view, position, attributes) ?? inspectProducerU64s(view, position)
}

function inspectCounts(
  view: DataView,
  position: number,
  attributes: number,
): BatchDefect | undefined {
  const headerBytes = (view.getUint32(position, true) >>> 24) * BATCH_ALIGNMENT_BYTES
  const batchLength = view.getUint32(position + BATCH_LENGTH_AT, true)
  const recordCount = view.getUint32(position + RECORD_COUNT_AT, true)
  const recordBytes = COLUMN_ENTRY_BYTES * columnCount(attributes)
  if (recordCount === 0) return invalidField(position, 'recordCount', '0 is below 1')
  if (headerBytes + recordCount * recordBytes > batchLength) {
    return invalidField(
      position,
      'recordCount',
      `${recordCount} does not fit into ${batchLength} bytes`,
    )
  }
  const lastOffsetDelta = view.getUint32(position + LAST_OFFSET_DELTA_AT, true)
  if (lastOffsetDelta >= recordCount - 1) return undefined
  return invalidField(position, 'lastOffsetDelta', `${lastOffsetDelta} is below ${recordCount - 1}`)
}

function inspectProducerU64s(view: DataView, position: number): BatchDefect | undefined {
  if (!isSafeU64(view, position + CREATE_TIME_AT)) return unsafe(position, 'createTimeUs')
  if (!isSafeU64(view, position + PRODUCER_ID_AT)) return unsafe(position, 'producerId')
  return undefined
}

/** Checks the fields that the log stamped. Call after {@link inspectProducerFields}. */
export function inspectLogFields(view: DataView, position: number): BatchDefect | undefined {
  if (!isSafeU64(view, position + APPEND_TIME_AT)) return unsafe(position, 'appendTimeUs')
  const baseOffset = position + BASE_OFFSET_AT
  const lastOffsetDelta = view.getUint32(position + LAST_OFFSET_DELTA_AT, true)
  const isSafe = isSafeU64(view, baseOffset)
  // The next offset must be assignable, too.
  if (isSafe && readU64(view, baseOffset) + lastOffsetDelta < Number.MAX_SAFE_INTEGER) {
    return undefined
  }
  return unsafe(position, 'baseOffset')
}

function unsafe(position: number, field: string): BatchDefect {
  return invalidField(position, field, `is above ${Number.MAX_SAFE_INTEGER}`)
}
