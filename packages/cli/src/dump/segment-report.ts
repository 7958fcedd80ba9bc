/**
 * What `dump` says about a segment: an interface with one implementation for people, one for scripts.
 */

import { type InspectedBatch, type SegmentInspection } from '@tailrace/core'
import { type BatchView } from '@tailrace/format'

/** A place in a segment where a valid batch should be and is not. */
export type InspectedDefect = Extract<InspectedBatch, { readonly batch: undefined }>

/** Sums of one segment. */
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
  defect(defect: InspectedDefect, isTornTail: boolean): string
  end(totals: SegmentTotals): string
}
