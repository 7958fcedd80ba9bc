/**
 * How far a log is known to have been durable by what lies beside its segments.
 *
 * Exists because a segment file that is gone takes its recovery point with it, and the segment before it
 * ends as if nothing had followed. Two files are replaced whole, and only after everything they speak of
 * was synced: `stream.meta` and `producers.snapshot`. A log that ends before what either says has lost
 * records that were acknowledged (docs/adr/0005).
 */
import type { StoredSnapshot } from '../producers/producer-snapshot.js'
import type { StreamMetadata } from './stream-metadata.js'

/**
 * Every record below it has survived a sync; 0 when nothing is known. The log may well have reached
 * further: both files are written at a roll and at a stop.
 *
 * Beside a writer, read both before the directory is listed: what is looked at later reaches as far.
 */
export function knownEnd(metadata: StreamMetadata, snapshot: StoredSnapshot | undefined): number {
  return Math.max(metadata.durableOffset ?? 0, snapshot?.offset ?? 0)
}

/** Why a log that ends at `endOffset` is damaged. */
export function endsBefore(knownOffset: number, endOffset: number): string {
  return `the log was durable up to offset ${knownOffset} at least, the segments end at ${endOffset}`
}
