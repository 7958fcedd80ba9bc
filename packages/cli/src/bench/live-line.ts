/**
 * The line that a bench draws while it runs: how far it is, and how fast it is just now.
 *
 * Figures are of the last second, so that a stall is seen when it happens and not averaged away.
 */

import { formatBytes } from '@tailrace/format'

import { barText, leftText } from '../io/progress-bar.js'
import { formatLatency } from '../text/latency.js'
import { formatRate } from '../text/numbers.js'
import { type Quantiles } from './latencies.js'

/** What is watched. */
export interface Watched {
  readonly recordCount: number
  readonly bytes: number
  /** The quantiles of the while since the last call. */
  takeRecent(): Quantiles | undefined
}

/** Where it ends. */
export interface LiveLimits {
  /** May be infinite. */
  readonly recordsMax: number
  /** May be infinite. */
  readonly secondsMax: number
  /** Columns of the terminal. */
  readonly columns: number
}

const SAMPLE_MS = 1000
/** A bar leaves no room for the figures where the terminal is narrower. */
const BAR_NEEDS_COLUMNS = 105

/** The line, drawn anew ten times a second, of figures taken once a second. */
export class LiveLine {
  readonly #watched: Watched
  readonly #limits: LiveLimits
  #sampledMs = 0
  #records = 0
  #bytes = 0
  #figures: readonly string[] = []

  constructor(watched: Watched, limits: LiveLimits) {
    this.#watched = watched
    this.#limits = limits
  }

  /** `42% · 890,000 records/s · 108.6 MiB/s · p50 1.2 ms · p99 4 ms · 5s left`. */
  text(elapsedMs: number): string {
    const sinceMs = elapsedMs - this.#sampledMs
    // The first figures come as soon as the line does.
    if (sinceMs >= SAMPLE_MS || this.#figures.length === 0) this.#sample(elapsedMs, sinceMs)
    const { recordsMax, secondsMax, columns } = this.#limits
    const { recordCount } = this.#watched
    const fraction = Math.min(1, Math.max(recordCount / recordsMax, elapsedMs / 1000 / secondsMax))
    const done = columns < BAR_NEEDS_COLUMNS ? `${Math.floor(fraction * 100)}%` : barText(fraction)
    return [done, ...this.#figures, leftText(fraction, elapsedMs)].join(' · ')
  }

  #sample(elapsedMs: number, sinceMs: number): void {
    const { recordCount, bytes } = this.#watched
    const perSecond = (count: number) => (sinceMs > 0 ? (count * 1000) / sinceMs : 0)
    const recent = this.#watched.takeRecent()
    const latencies =
      recent === undefined
        ? []
        : [`p50 ${formatLatency(recent.p50)}`, `p99 ${formatLatency(recent.p99)}`]
    this.#figures = [
      `${formatRate(perSecond(recordCount - this.#records))} records/s`,
      `${formatBytes(Math.round(perSecond(bytes - this.#bytes)))}/s`,
      ...latencies,
    ]
    this.#sampledMs = elapsedMs
    this.#records = recordCount
    this.#bytes = bytes
  }
}
