/**
 * The part of a segment header that is written once, when the file is made.
 *
 * It says to which stream, incarnation and offset the batches behind it belong, so that a file that
 * was copied or renamed to the wrong place is noticed. The recovery-point slots behind it change all
 * the time and have checks of their own: see recovery-point.ts.
 */

import { crc32 } from '#crc32'
import { U32_MAX, checkInteger } from '../bytes/check-integer.js'
import { isSafeU64, readU64, writeU64 } from '../bytes/u64.js'
import { FORMAT_VERSION } from '../batch/batch-descriptor.js'
import { hex } from '../batch/batch-defect.js'
import { FormatError } from '../errors/error-classes.js'
import {
  SEGMENT_BASE_OFFSET_AT,
  SEGMENT_CHECK_AT,
  SEGMENT_CREATED_AT,
  SEGMENT_EPOCH_AT,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_MAGIC_AT,
  SEGMENT_RESERVED_1_AT,
  SEGMENT_RESERVED_2_AT,
  SEGMENT_STREAM_ID_AT,
  SEGMENT_VERSION_AT,
} from './segment-descriptor.js'

const STREAM_ID_PATTERN = /^[0-9a-f]{32}$/

/** What a segment says about itself. */
export interface SegmentHeader {
  /** 16 bytes as 32 lower-case hexadecimal digits. */
  readonly streamId: string
  /** Incarnation of the stream when the segment was made. */
  readonly epoch: number
  /** Offset of the segment's first record. */
  readonly baseOffset: number
  /** µs since 1970. */
  readonly createdUs: number
}

/**
 * Encodes a segment header of 128 bytes with empty recovery-point slots. The caller owns the result.
 *
 * @throws {RangeError} when a field is out of its range
 */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  if (!STREAM_ID_PATTERN.test(header.streamId)) {
    throw new RangeError(`stream id must be 32 hexadecimal digits: ${header.streamId}`)
  }
  const epoch = checkInteger('epoch', header.epoch, U32_MAX)
  const baseOffset = checkInteger('baseOffset', header.baseOffset, Number.MAX_SAFE_INTEGER)
  const createdUs = checkInteger('createdUs', header.createdUs, Number.MAX_SAFE_INTEGER)
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(SEGMENT_MAGIC, SEGMENT_MAGIC_AT)
  view.setUint8(SEGMENT_VERSION_AT, FORMAT_VERSION)
  view.setUint32(SEGMENT_EPOCH_AT, epoch, true)
  writeU64(view, SEGMENT_BASE_OFFSET_AT, baseOffset)
  writeU64(view, SEGMENT_CREATED_AT, createdUs)
  bytes.set(hexToBytes(header.streamId), SEGMENT_STREAM_ID_AT)
  view.setUint32(SEGMENT_CHECK_AT, crc32(bytes, 0, SEGMENT_CHECK_AT), true)
  return bytes
}

/**
 * Decodes the header at the start of a segment's bytes. The recovery points are not looked at.
 *
 * @throws {FormatError} TRUNCATED, BAD_MAGIC, UNSUPPORTED_FORMAT_VERSION, CHECKSUM_MISMATCH or
 * INVALID_FIELD when the bytes are not a valid segment header
 */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader {
  if (bytes.length < SEGMENT_HEADER_BYTES) {
    throw new FormatError(
      'TRUNCATED',
      `segment header has ${bytes.length} of ${SEGMENT_HEADER_BYTES} bytes`,
      {
        details: {
          positionBytes: 0,
          neededBytes: SEGMENT_HEADER_BYTES,
          availableBytes: bytes.length,
        },
      },
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES)
  checkIdentity(bytes, view)
  checkFields(bytes, view)
  return {
    streamId: bytesToHex(bytes.subarray(SEGMENT_STREAM_ID_AT, SEGMENT_RESERVED_2_AT)),
    epoch: view.getUint32(SEGMENT_EPOCH_AT, true),
    baseOffset: readU64(view, SEGMENT_BASE_OFFSET_AT),
    createdUs: readU64(view, SEGMENT_CREATED_AT),
  }
}

function checkIdentity(bytes: Uint8Array, view: DataView): void {
  if (SEGMENT_MAGIC.some((byte, i) => bytes[SEGMENT_MAGIC_AT + i] !== byte)) {
    throw new FormatError('BAD_MAGIC', 'segment does not begin with "TRSEGMNT"', {
      details: { positionBytes: 0 },
    })
  }
  const version = view.getUint8(SEGMENT_VERSION_AT)
  if (version !== FORMAT_VERSION) {
    throw new FormatError(
      'UNSUPPORTED_FORMAT_VERSION',
      `segment has format version ${version}, this release reads ${FORMAT_VERSION}`,
      {
        details: { positionBytes: 0, actualVersion: version, supportedVersion: FORMAT_VERSION },
      },
    )
  }
}

function checkFields(bytes: Uint8Array, view: DataView): void {
  const stored = view.getUint32(SEGMENT_CHECK_AT, true)
  const computed = crc32(bytes, 0, SEGMENT_CHECK_AT)
  if (stored !== computed) {
    throw new FormatError(
      'CHECKSUM_MISMATCH',
      `segment header check is ${hex(stored)}, its bytes give ${hex(computed)}`,
      { details: { positionBytes: 0, stored, computed } },
    )
  }
  const isReservedZero =
    bytes.subarray(SEGMENT_RESERVED_1_AT, SEGMENT_EPOCH_AT).every((byte) => byte === 0) &&
    bytes.subarray(SEGMENT_RESERVED_2_AT, SEGMENT_CHECK_AT).every((byte) => byte === 0)
  if (!isReservedZero) throw invalidHeader('reserved is not zero')
  if (!isSafeU64(view, SEGMENT_BASE_OFFSET_AT)) throw invalidHeader('baseOffset is above 2^53 − 1')
  if (!isSafeU64(view, SEGMENT_CREATED_AT)) throw invalidHeader('createdUs is above 2^53 − 1')
}

function invalidHeader(problem: string): FormatError {
  return new FormatError('INVALID_FIELD', `segment header: ${problem}`, {
    details: { positionBytes: 0 },
  })
}

function hexToBytes(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  )
}

function bytesToHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
