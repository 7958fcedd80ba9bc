/**
 * An offline look at one segment file: the header, the recovery point, every batch, every defect.
 *
 * Reads the file as it is, without a store and without a lock; changes nothing. For `tailrace dump` and
 * for people who want to know what is on their disk.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  BATCH_HEADER_BYTES,
  BatchView,
  decodeSegmentHeader,
  inspectBatch,
  parseSegmentFileName,
  readRecoveryPoint,
  SEGMENT_HEADER_BYTES,
} from '@tailrace/format'
import type { BatchDefect, RecoveryPoint, SegmentHeader } from '@tailrace/format'
import { storageErrorOf } from '../storage/storage-error.js'
import { isEndOfData } from './scan.js'
import { SegmentBytes } from './segment-bytes.js'

/** What a segment file says of itself. */
export interface SegmentInspection {
  readonly path: string
  readonly sizeBytes: number
  readonly header: SegmentHeader
  /** Undefined when no slot is valid, which is normal for a segment that was never synced. */
  readonly recoveryPoint: RecoveryPoint | undefined
  /** Every batch in order; iterate once. The view is reused. */
  readonly batches: Iterable<InspectedBatch>
}

/** A batch at its position, or what is wrong there. */
export type InspectedBatch =
  | { readonly position: number; readonly batch: BatchView; readonly defect: undefined }
  | {
      readonly position: number
      readonly batch: undefined
      readonly defect: BatchDefect
      /** Where the next valid batch begins, undefined when there is none. */
      readonly resumesAt: number | undefined
    }

/**
 * Opens a segment file for inspection; it is read into memory as a whole.
 *
 * @throws {FormatError} BAD_MAGIC, TRUNCATED, CHECKSUM_MISMATCH, … when the file is not a segment.
 * @throws {StorageError} IO_ERROR, STORE_NOT_WRITABLE (no permission) when it cannot be read.
 */
export async function inspectSegmentFile(path: string): Promise<SegmentInspection> {
  const bytes = await readWhole(path)
  const header = decodeSegmentHeader(bytes)
  return {
    path,
    sizeBytes: bytes.length,
    header,
    recoveryPoint: readRecoveryPoint(bytes),
    batches: inspectedBatches(bytes, parseSegmentFileName(basename(path)) ?? header.baseOffset),
  }
}

function* inspectedBatches(
  bytes: Uint8Array,
  baseOffset: number,
): Generator<InspectedBatch, void, undefined> {
  const contents = new SegmentBytes({ bytes })
  let position = SEGMENT_HEADER_BYTES
  let expectedOffset = baseOffset
  while (!isEndOfData(contents, position)) {
    const defect =
      inspectBatch(bytes, position, bytes.length, 'whole') ??
      offsetDefect(contents, position, expectedOffset)
    if (defect === undefined) {
      yield { position, batch: new BatchView(bytes, position), defect }
      expectedOffset = contents.nextOffsetAt(position)
      position += contents.batchLengthAt(position)
      continue
    }
    const resumesAt = nextValid(bytes, position + 8)
    yield { position, batch: undefined, defect, resumesAt }
    if (resumesAt === undefined) return
    position = resumesAt
    expectedOffset = contents.baseOffsetAt(position)
  }
}

function offsetDefect(
  contents: Pick<SegmentBytes, 'baseOffsetAt'>,
  position: number,
  expectedOffset: number,
): BatchDefect | undefined {
  const actual = contents.baseOffsetAt(position)
  if (actual === expectedOffset) return undefined
  return {
    code: 'INVALID_FIELD',
    message: `batch at position ${position} has base offset ${actual}, expected ${expectedOffset}`,
    details: { positionBytes: position, expectedOffset, actualOffset: actual },
  }
}

function nextValid(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at + BATCH_HEADER_BYTES <= bytes.length; at += 8) {
    if (bytes[at] === 0x54 && inspectBatch(bytes, at, bytes.length, 'whole') === undefined)
      return at
  }
  return undefined
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const content = await readFile(path)
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
  } catch (error) {
    throw storageErrorOf(error, 'reading', path)
  }
}
