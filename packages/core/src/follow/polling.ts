/**
 * Looks at followed streams again and again, while somebody waits for them.
 *
 * There is no notification between processes. One timer serves all streams of a store. Each is looked at
 * soon after something came, and a quarter later each time nothing did: what waits longer may wait
 * longer. So a record comes late by at most about a fifth of the time for which its stream was quiet.
 *
 * Looks are bounded as a share of time, not only in number: after n of them the timer waits at least
 * n × 100 µs, of which they take some 5 µs each.
 */
import type { Clock } from '../io/clock.js'
import type { Scheduler } from '../io/scheduler.js'

/** A stream to look at. */
export interface Polled {
  /** Looks; true when something came. */
  poll(): boolean
}

/** When to look. */
export interface PollingOptions {
  readonly scheduler: Scheduler
  readonly clock: Clock
  /** The shortest interval, in milliseconds. */
  readonly intervalMs: number
  /** The longest interval, in milliseconds. */
  readonly intervalMsMax: number
}

/** By how much the interval grows when nothing came. */
const BACKOFF = 1.25
/** What the timer waits at least for each look of the time before, in milliseconds. */
const PAUSE_PER_LOOK_MS = 0.1

interface Watch {
  intervalMs: number
  dueMs: number
}

/** One poll for all followers of a store, quick while data flows. */
export class Polling {
  readonly #options: PollingOptions
  readonly #watches = new Map<Polled, Watch>()
  /** Time since the start, monotonic whatever the clock does. */
  #nowMs = 0
  #lastUs: number
  #timerDueMs = Infinity
  #cancelTimer: () => void = () => undefined
  /** Not before this time. */
  #pauseUntilMs = 0

  constructor(options: PollingOptions) {
    this.#options = options
    this.#lastUs = options.clock.nowUs()
  }

  /** How many streams are looked at. */
  get watchCount(): number {
    return this.#watches.size
  }

  /** Looks at a stream from now on. Call once; the returned function ends it. */
  watch(polled: Polled): () => void {
    const { intervalMs } = this.#options
    const dueMs = this.#time() + intervalMs
    this.#watches.set(polled, { intervalMs, dueMs })
    this.#arm(dueMs)
    return () => {
      this.#watches.delete(polled)
      if (this.#watches.size === 0) this.#disarm()
    }
  }

  /** The time now; a clock that steps back stands still for us. */
  #time(): number {
    const nowUs = this.#options.clock.nowUs()
    this.#nowMs += Math.max(0, nowUs - this.#lastUs) / 1000
    this.#lastUs = nowUs
    return this.#nowMs
  }

  /** Sets the timer, unless it is set for that time or an earlier one. */
  #arm(dueMs: number): void {
    const laterMs = Math.max(dueMs, this.#pauseUntilMs)
    if (laterMs >= this.#timerDueMs) return
    this.#cancelTimer()
    this.#timerDueMs = laterMs
    const delayMs = Math.max(1, Math.round(laterMs - this.#nowMs))
    // Whoever waits for a record wants to see it, even if nothing else is left to do in the process.
    const options = { keepsProcessAlive: true }
    this.#cancelTimer = this.#options.scheduler.after(delayMs, this.#look, options)
  }

  #disarm(): void {
    this.#cancelTimer()
    this.#cancelTimer = () => undefined
    this.#timerDueMs = Infinity
  }

  readonly #look = (): void => {
    // The timer knows better than a clock that was set back, or stands still.
    const dueMs = this.#timerDueMs
    this.#nowMs = Math.max(this.#time(), dueMs)
    this.#disarm()
    const due = [...this.#watches].filter(([, watch]) => watch.dueMs <= this.#nowMs)
    this.#pauseUntilMs = this.#nowMs + due.length * PAUSE_PER_LOOK_MS
    try {
      for (const [polled, watch] of due) {
        // A look at one may make somebody stop waiting for another.
        if (this.#watches.get(polled) === watch) this.#lookAt(polled, watch)
      }
    } finally {
      // Also when a listener throws: the others still wait.
      this.#armForFirst()
    }
  }

  #armForFirst(): void {
    let dueMs = Infinity
    for (const watch of this.#watches.values()) dueMs = Math.min(dueMs, watch.dueMs)
    if (dueMs < Infinity) this.#arm(dueMs)
  }

  #lookAt(polled: Polled, watch: Watch): void {
    const { intervalMs, intervalMsMax } = this.#options
    watch.intervalMs = polled.poll()
      ? intervalMs
      : Math.min(Math.max(watch.intervalMs * BACKOFF, intervalMs), intervalMsMax)
    watch.dueMs = this.#nowMs + watch.intervalMs
  }
}
