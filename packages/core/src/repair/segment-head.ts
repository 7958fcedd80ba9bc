/**
 * The first bytes of a segment file: what it is, and how far it was known to be durable.
 *
 * Read of every segment before any is scanned: the newest recovery point decides where damage ends and
 * a torn tail may begin.
 */
import {
  crc32,
  decodeSegmentHeader,
  FormatError,
  readRecoveryPoint,
  RECOVERY_POINT_BYTES,
  RECOVERY_POINT_COUNT,
  RECOVERY_POINTS_AT,
  SEGMENT_CHECK_AT,
  SEGMENT_HEADER_BYTES,
} from '@tailrace/format'
import type { RecoveryPoint, SegmentHeader } from '@tailrace/format'
import type { SourceFile } from './file-source.js'
import type { Fault } from './fault.js'

/** What a segment says of itself. */
export interface SegmentHead {
  /** Undefined when it cannot be read. */
  readonly header: SegmentHeader | undefined
  /** Why there is none. */
  readonly fault: Fault | undefined
  /** True when the header was never written: a new segment that did not reach the disk. */
  readonly isBlank: boolean
  /** True when a later release wrote it: nothing can be said of what is in it. */
  readonly isNewer: boolean
  readonly point: RecoveryPoint | undefined
  /** Slots of recovery points that hold something, but no valid point: torn or damaged. */
  readonly brokenSlots: readonly number[]
}

/** Reads the head of a segment whose name says that it begins at `baseOffset`. */
export async function readSegmentHead(file: SourceFile, baseOffset: number): Promise<SegmentHead> {
  const buffer = new Uint8Array(SEGMENT_HEADER_BYTES)
  const count = await file.read(buffer, 0)
  const bytes = buffer.subarray(0, count)
  const { header, fault } = headerOf(bytes, baseOffset)
  return {
    header,
    fault,
    isBlank: bytes.subarray(0, RECOVERY_POINTS_AT).every((byte) => byte === 0),
    isNewer: fault?.code === 'UNSUPPORTED_FORMAT_VERSION' && isVersionWritten(bytes),
    point: readRecoveryPoint(bytes),
    brokenSlots: brokenSlots(bytes),
  }
}

function headerOf(
  bytes: Uint8Array,
  baseOffset: number,
): { readonly header: SegmentHeader | undefined; readonly fault: Fault | undefined } {
  try {
    return { header: decodeSegmentHeader(bytes), fault: undefined }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const { code, message } = error
    const offsets = { fromOffset: baseOffset, toOffset: baseOffset }
    const end = Math.min(RECOVERY_POINTS_AT, bytes.length)
    const fault = { start: 0, end, ...offsets, code, message }
    return { header: undefined, fault }
  }
}

/** Tells a later version from a damaged byte: the check holds over whatever version was written. */
function isVersionWritten(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(SEGMENT_CHECK_AT, true) === crc32(bytes, 0, SEGMENT_CHECK_AT)
}

/** A slot of zeros was never written; one without a check that holds was torn, or is damaged. */
function brokenSlots(bytes: Uint8Array): number[] {
  if (bytes.length < SEGMENT_HEADER_BYTES) return []
  const broken: number[] = []
  for (let slot = 0; slot < RECOVERY_POINT_COUNT; slot += 1) {
    const start = RECOVERY_POINTS_AT + slot * RECOVERY_POINT_BYTES
    const content = bytes.subarray(start, start + RECOVERY_POINT_BYTES)
    const alone = new Uint8Array(SEGMENT_HEADER_BYTES)
    alone.set(content, start)
    const isWritten = content.some((byte) => byte !== 0)
    if (isWritten && readRecoveryPoint(alone) === undefined) broken.push(slot)
  }
  return broken
}
