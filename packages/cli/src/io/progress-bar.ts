/**
 * A line on stderr that says how far a long command is, drawn only where a terminal is.
 *
 * A short command draws nothing: the line waits half a second before it appears. Whoever draws says what
 * is in it; `barText` and `leftText` are the parts that look the same everywhere.
 */

import { formatDuration } from '@tailrace/format'
import cliProgress from 'cli-progress'
import { type WriteStream } from 'node:tty'

import { type Notices } from './notices.js'

/** What is drawn, and where. */
export interface ProgressBarOptions {
  /** Undefined where nobody looks: then nothing is drawn. */
  readonly terminal: WriteStream | undefined
  readonly notices: Notices
  /** The line as it is to be now, milliseconds after it began. */
  readonly line: (elapsedMs: number) => string
}

const APPEAR_AFTER_MS = 500
const REDRAW_MS = 100
const BAR_COLUMNS = 24

/** Begins to show progress; returns what ends it. Does nothing without a terminal, or with `--quiet`. */
export function showProgressBar({ terminal, notices, line }: ProgressBarOptions): () => void {
  if (terminal === undefined || notices.isQuiet) return () => undefined
  const startMs = performance.now()
  const bar = new cliProgress.SingleBar({
    stream: terminal,
    format: () => line(performance.now() - startMs),
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the command's to handle.
    gracefulExit: false,
  })
  // Begun anew after a note, because a bar goes back to the line on which it began.
  const show = () => bar.start(1, 0)
  const appear = setTimeout(() => {
    show()
    notices.drawing = { hide: () => bar.stop(), show }
  }, APPEAR_AFTER_MS)
  const redraw = setInterval(() => {
    if (bar.isActive) bar.update(0)
  }, REDRAW_MS)
  return () => {
    clearTimeout(appear)
    clearInterval(redraw)
    notices.drawing = undefined
    bar.stop()
  }
}

/** `██████████░░░░░░░░░░░░░░  42%`; a fraction above 1 counts as 1. */
export function barText(fraction: number): string {
  const shown = Math.min(fraction, 1)
  const done = Math.round(shown * BAR_COLUMNS)
  const bar = '█'.repeat(done) + '░'.repeat(BAR_COLUMNS - done)
  return `${bar} ${String(Math.floor(shown * 100)).padStart(3)}%`
}

/** `5s left`, if it goes on as it did so far. */
export function leftText(fraction: number, elapsedMs: number): string {
  const shown = Math.min(fraction, 1)
  const leftMs = shown > 0 ? (elapsedMs / shown) * (1 - shown) : 0
  return `${formatDuration(Math.max(1, Math.ceil(leftMs / 1000)) * 1000)} left`
}
