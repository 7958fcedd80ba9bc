/**
 * Compares the index of a segment with its batches, while these are being walked.
 *
 * An index is derived and never evidence: what is wrong with one is a warning, and it is made anew when
 * the stream is opened.
 */
import { decodeIndex, TailraceError } from '@tailrace/format'
import type { BatchView, SegmentIndex } from '@tailrace/format'
import type { SegmentScan } from './segment-scan.js'

/** Compares an index sidecar with the batches of its segment. */
export class IndexCheck {
  readonly #index: SegmentIndex | undefined
  #problem: string | undefined
  /** The entry that is looked for next. */
  #entry = 0

  /** @param bytes - of the index file; undefined when there is none. */
  constructor(bytes: Uint8Array | undefined) {
    if (bytes === undefined) {
      this.#problem = 'is missing'
      return
    }
    try {
      this.#index = decodeIndex(bytes)
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.#problem = `cannot be read: ${error.message}`
    }
  }

  /** Takes a batch into account; call in order of position. */
  note(batch: BatchView, position: number): void {
    const index = this.#index
    if (index === undefined || this.#entry >= index.entries.count) return
    const expected = index.entries.position(this.#entry)
    if (position < expected) return
    const isSame =
      position === expected &&
      batch.baseOffset - index.baseOffset === index.entries.relativeOffset(this.#entry) &&
      batch.appendTimeUs === index.entries.appendTimeUs(this.#entry)
    if (!isSame) this.#problem ??= `names no batch in its entry ${this.#entry}`
    this.#entry += 1
  }

  /** What is wrong with the index of the segment that was walked; undefined when nothing is. */
  problem(scan: SegmentScan, baseOffset: number): string | undefined {
    const index = this.#index
    // Damage is the segment's; what the index says of it cannot be judged.
    if (index === undefined || scan.faults.length > 0) return this.#problem
    const { count } = index.entries
    if (this.#entry < count) this.#problem ??= `names no batch in its entry ${this.#entry}`
    const isSame =
      index.baseOffset === baseOffset &&
      index.endOffset === scan.endOffset &&
      index.dataEndPosition === scan.endPosition &&
      index.batchCount === scan.runs.reduce((sum, run) => sum + run.batchCount, 0) &&
      index.firstAppendTimeUs === (scan.runs[0]?.firstAppendTimeUs ?? 0) &&
      index.lastAppendTimeUs === (scan.runs.at(-1)?.lastAppendTimeUs ?? 0)
    if (!isSame) this.#problem ??= 'does not agree with the batches'
    return this.#problem
  }
}
