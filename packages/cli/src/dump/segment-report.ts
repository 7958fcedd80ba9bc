/**
 * What `dump` says about a segment: an interface with one implementation for people, one for scripts.
 */

import { type InspectedBatch, type SegmentInspection } from '@tailrace/core'
import { type BatchView } from '@tailrace/format'

/** A place in a segment where a valid batch should be and is not. */
export type InspectedDefect = Extract<InspectedBatch, { readonly batch: undefined }>

/** A defect, and the records that should have been there. */
export type LocatedDefect = InspectedDefect & {
  readonly fromOffset: number
  /** Exclusive; undefined when nothing valid follows in the segment. */
  readonly toOffset: number | undefined
}

/** A batch at its position, or what is wrong there. */
export type FoundInSegment = Extract<InspectedBatch, { readonly defect: undefined }> | LocatedDefect

/** Sums of what was shown of one segment. */
export interface SegmentTotals {
  readonly batchCount: number
  readonly recordCount: number
  readonly defectCount: number
  /** Where the data ends. */
  readonly endPosition: number
}

/** Receives what is found, in order of position. Each returns text to print, without a line break. */
export interface SegmentReport {
  segment(inspection: SegmentInspection): string
  batch(position: number, batch: BatchView): string
  record(batch: BatchView, index: number): string
  defect(defect: LocatedDefect, isTornTail: boolean): string
  end(totals: SegmentTotals): string
}
