/** A place in the log: an offset and where it lies. */
import type { Segment } from '../segments/segment.js'

/** Everything below `offset` lies before `position` of `segment`, or in an earlier segment. */
export interface LogMark {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
  /** Append time of the last batch below the mark; 0 when the log has none in this segment. */
  readonly appendTimeUs: number
}
