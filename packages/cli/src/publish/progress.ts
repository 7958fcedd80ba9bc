/**
 * The progress of a long publish, drawn on stderr when that is a terminal.
 *
 * How much is known decides what is drawn: a bar with the bytes of a file, or counts for stdin. A short
 * publish draws nothing: the bar waits half a second before it appears.
 */

import { formatBytes, formatDuration } from '@tailrace/format'
import cliProgress, { type Options, type Params, type SingleBar } from 'cli-progress'
import { type WriteStream } from 'node:tty'

import { type Notices } from '../io/notices.js'
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

const APPEAR_AFTER_MS = 500
const REDRAW_MS = 100
const BAR_COLUMNS = 24

/**
 * Begins to show progress; returns what ends it. Does nothing without a terminal, or with `--quiet`.
 */
export function showProgress(options: ProgressOptions): () => void {
  const { terminal, notices, state } = options
  if (terminal === undefined || notices.isQuiet) return () => undefined
  const totalBytes = options.sizeBytes ?? 0
  const bar = createBar(terminal, totalBytes > 0 ? barLine : countLine)
  const startMs = performance.now()
  // Begun anew after a note, because a bar goes back to the line on which it began.
  const show = () => bar.start(totalBytes, state.inputBytes, payloadOf(state, startMs))
  const appear = setTimeout(() => {
    show()
    notices.drawing = { hide: () => bar.stop(), show }
  }, APPEAR_AFTER_MS)
  const redraw = setInterval(() => {
    if (bar.isActive) bar.update(state.inputBytes, payloadOf(state, startMs))
  }, REDRAW_MS)
  return () => {
    clearTimeout(appear)
    clearInterval(redraw)
    notices.drawing = undefined
    bar.stop()
  }
}

interface Payload {
  readonly acknowledged: number
  readonly perSecond: number
  readonly elapsedMs: number
}

function payloadOf(state: ProgressState, startMs: number): Payload {
  const elapsedMs = performance.now() - startMs
  const acknowledged = state.acknowledgedCount
  return { acknowledged, perSecond: (acknowledged * 1000) / elapsedMs, elapsedMs }
}

function createBar(stream: WriteStream, format: Options['format']): SingleBar {
  return new cliProgress.SingleBar({
    stream,
    format,
    barsize: BAR_COLUMNS,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the command's to handle.
    gracefulExit: false,
  })
}

/** `[#####-----] 42% · 12.3 MiB of 29 MiB · 1,234,567 records acknowledged · 890,000/s · 5s left`. */
function barLine(options: Options, params: Params, payload: Payload): string {
  const fraction = Math.min(params.value / params.total, 1)
  const done = Math.round(fraction * BAR_COLUMNS)
  const bar = '█'.repeat(done) + '░'.repeat(BAR_COLUMNS - done)
  const leftMs = fraction > 0 ? (payload.elapsedMs / fraction) * (1 - fraction) : 0
  return [
    `${bar} ${String(Math.floor(fraction * 100)).padStart(3)}%`,
    `${formatBytes(params.value)} of ${formatBytes(params.total)}`,
    countsOf(payload),
    `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`,
  ].join(' · ')
}

/** `12.3 MiB · 1,234,567 records acknowledged · 890,000/s · 12s`. */
function countLine(_options: Options, params: Params, payload: Payload): string {
  const elapsed = formatDuration(Math.floor(payload.elapsedMs / 1000) * 1000)
  return [formatBytes(params.value), countsOf(payload), elapsed].join(' · ')
}

function countsOf({ acknowledged, perSecond }: Payload): string {
  return `${formatCount(acknowledged)} records acknowledged · ${formatRate(perSecond)}/s`
}
