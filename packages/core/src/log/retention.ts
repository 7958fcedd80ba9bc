/**
 * Decides what retention removes. Pure: the log carries it out.
 *
 * Works on whole segments, oldest first, never the active one. Segments of a stream with a size bound
 * are kept small against the bound, so that what is kept stays close to it.
 */
import type { StreamConfig } from './stream-config.js'

/** What retention looks at of a segment. */
export interface RetainedSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** Append time of its last batch; asked for only when age matters. */
  readonly lastAppendTimeUs: () => number
}

/** A bound on bytes is spread over at least this many segments. */
const SEGMENTS_PER_BOUND = 8
/** Rolled segments that may wait for upkeep, each open: many, and twice what a bound on bytes keeps. */
const ROLLED_MAX = 64
const ROLLED_MAX_BOUNDED = 2 * SEGMENTS_PER_BOUND
const SEGMENT_BYTES_MIN = 64 * 1024

/**
 * The offset below which everything goes; undefined when nothing does. `segments` is ascending and ends
 * with the active one.
 */
export function retentionStart(
  segments: readonly RetainedSegment[],
  config: StreamConfig,
  nowUs: number,
): number | undefined {
  const { retentionBytes, retentionMs } = config
  let bytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let start: number | undefined
  for (const [at, segment] of segments.slice(0, -1).entries()) {
    const isTooMuch = retentionBytes !== null && bytes > retentionBytes
    const isTooOld = (): boolean =>
      retentionMs !== null && segment.lastAppendTimeUs() < nowUs - retentionMs * 1000
    if (!isTooMuch && !isTooOld()) break
    bytes -= segment.sizeBytes
    start = segments[at + 1]?.baseOffset
  }
  return start
}

/** How many segments a writer may roll before the oldest of them is durable and cut to size. */
export function rolledSegmentsMax({ retentionBytes }: StreamConfig): number {
  return retentionBytes === null ? ROLLED_MAX : ROLLED_MAX_BOUNDED
}

/** The size to which segments of the stream grow. */
export function segmentBytesMax(config: StreamConfig): number {
  if (config.retentionBytes === null) return config.segmentBytesMax
  const share = Math.floor(config.retentionBytes / SEGMENTS_PER_BOUND)
  return Math.max(SEGMENT_BYTES_MIN, Math.min(config.segmentBytesMax, share))
}
