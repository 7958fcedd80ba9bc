/**
 * What a publish says at its end: a sentence for people, or an object for scripts.
 */

import { formatBytes, formatDuration } from '@tailrace/format'

import { countOf, formatCount, formatRate } from '../text/numbers.js'
import { type Tally } from './tally.js'

/** The object that `publish --json` prints. */
export interface PublishSummary {
  readonly stream: string
  /** Records acknowledged in this run. */
  readonly records: number
  /** Records that were not sent because an earlier run of the same producer had stored them. */
  readonly skipped: number
  /** Bytes of the values sent. */
  readonly bytes: number
  readonly seconds: number
  readonly firstOffset: number | null
  readonly lastOffset: number | null
  /** Whether all of the input is stored. */
  readonly complete: boolean
}

/** Sums a publish up. */
export function summarize(stream: string, tally: Tally, isComplete: boolean): PublishSummary {
  return {
    stream,
    records: tally.acknowledgedCount,
    skipped: Math.min(tally.skippedCount, tally.recordCount),
    bytes: tally.sentBytes,
    seconds: Number(tally.elapsedSeconds().toFixed(3)),
    firstOffset: tally.firstOffset ?? null,
    lastOffset: tally.lastOffset ?? null,
    complete: isComplete,
  }
}

/** The summary as a sentence. */
export function summarySentence(summary: PublishSummary): string {
  const { stream, records, skipped, bytes, seconds } = summary
  const stored = skipped === 0 ? '' : `; ${countOf(skipped, 'record')} of an earlier run skipped`
  if (records === 0) return `nothing to publish to "${stream}"${stored}`
  const what = `${countOf(records, 'record')} (${formatBytes(bytes)})`
  const speed = `${formatRate(records / seconds)} records/s, ${formatBytes(Math.round(bytes / seconds))}/s`
  const duration = formatDuration(seconds * 1000)
  return `published ${what} to "${stream}" in ${duration}: ${speed}${offsets(summary)}${stored}`
}

function offsets({ firstOffset, lastOffset }: PublishSummary): string {
  if (firstOffset === null || lastOffset === null) return ''
  return `, offsets ${formatCount(firstOffset)} to ${formatCount(lastOffset)}`
}
