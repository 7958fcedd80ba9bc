/**
 * Tells a torn tail from a batch that a writer is just storing.
 *
 * Bytes behind the last batch are the same twice when nobody writes. A writer changes them or the
 * recovery point between two looks; one that does neither while it is looked at twice is taken for none,
 * and its half-written batch is called what it would be if it stopped now.
 */
import { BATCH_HEADER_BYTES, BatchView, inspectBatch } from '@tailrace/format'
import type { ByteWindow } from './byte-window.js'
import type { SourceFile } from './file-source.js'
import { readSegmentHead } from './segment-head.js'
import type { SegmentHead } from './segment-head.js'
import type { SegmentScan } from './segment-scan.js'
import type { SegmentPlace } from './stream-files.js'

/** How often the end is looked at again. */
const LOOKS = 2

/** A segment that was scanned, its file still open. */
export interface ScannedFile {
  readonly file: SourceFile
  readonly window: ByteWindow
  readonly place: SegmentPlace
  readonly head: SegmentHead
  readonly scan: SegmentScan
}

/** True when what lies behind the last batch has changed since the segment was scanned. */
export async function isBeingWritten(scanned: ScannedFile): Promise<boolean> {
  const { file, window, place, head, scan } = scanned
  const { endPosition, endOffset, nonZeroEnd } = scan
  if (nonZeroEnd <= endPosition) return false
  let before: Uint8Array | undefined
  for (let look = 0; look < LOOKS; look += 1) {
    await window.reload(endPosition, BATCH_HEADER_BYTES)
    const { bytes } = window
    const isWhole = inspectBatch(bytes, 0, bytes.length, 'whole') === undefined
    if (isWhole && new BatchView(bytes).baseOffset === endOffset) return true
    const after = bytes.slice()
    if (before !== undefined && !isSame(before, after)) return true
    before = after
    const { point } = await readSegmentHead(file, place.baseOffset)
    if (point?.generation !== head.point?.generation) return true
  }
  return false
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}
