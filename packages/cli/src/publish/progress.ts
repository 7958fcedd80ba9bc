/**
 * The progress of a long publish.
 *
 * How much is known decides what is drawn: a bar with the bytes of a file, or counts for stdin.
 */

import { formatBytes, formatDuration } from '@tailrace/format'
import { type WriteStream } from 'node:tty'

import { type Notices } from '../io/notices.js'
import { barText, leftText, showProgressBar } from '../io/progress-bar.js'
import { formatCount, formatRate } from '../text/numbers.js'

/** How far a publish has come. */
export interface ProgressState {
  /** Bytes of input read. */
  readonly inputBytes: number
  readonly acknowledgedCount: number
}

/** What a bar is drawn of. */
export interface ProgressOptions {
  readonly terminal: WriteStream | undefined
  readonly notices: Notices
  /** Bytes of the whole input, if known. */
  readonly sizeBytes: number | undefined
  readonly state: ProgressState
}

/** Begins to show progress; returns what ends it. */
export function showProgress({ terminal, notices, sizeBytes, state }: ProgressOptions): () => void {
  const line = (elapsedMs: number) =>
    sizeBytes === undefined ? countLine(state, elapsedMs) : barLine(state, { sizeBytes, elapsedMs })
  return showProgressBar({ terminal, notices, line })
}

interface Extent {
  readonly sizeBytes: number
  readonly elapsedMs: number
}

/** `█████░░░░░  42% · 12.3 MiB of 29 MiB · 1,234,567 records acknowledged · 890,000/s · 5s left`. */
function barLine(state: ProgressState, { sizeBytes, elapsedMs }: Extent): string {
  const fraction = state.inputBytes / sizeBytes
  return [
    barText(fraction),
    `${formatBytes(state.inputBytes)} of ${formatBytes(sizeBytes)}`,
    countsOf(state, elapsedMs),
    leftText(fraction, elapsedMs),
  ].join(' · ')
}

/** `12.3 MiB · 1,234,567 records acknowledged · 890,000/s · 12s`. */
function countLine(state: ProgressState, elapsedMs: number): string {
  const elapsed = formatDuration(Math.floor(elapsedMs / 1000) * 1000)
  return [formatBytes(state.inputBytes), countsOf(state, elapsedMs), elapsed].join(' · ')
}

function countsOf({ acknowledgedCount }: ProgressState, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (acknowledgedCount * 1000) / elapsedMs : 0
  return `${formatCount(acknowledgedCount)} records acknowledged · ${formatRate(perSecond)}/s`
}
