/**
 * Notices a peer that has gone silent.
 *
 * Neither TCP nor a browser tells a page in useful time that the other end has vanished. Every
 * interval is judged when it ends: if not a byte arrived in it, a PING goes out; if none arrived in
 * `SILENT_HEARTBEATS_MAX` intervals on end, the peer is silent. A busy connection therefore sends no
 * PING, and receiving costs nothing.
 *
 * A timer that fires much too late (a laptop slept, a tab was frozen, the event loop was held) says
 * nothing about the peer, because what arrived meanwhile may not have been handed out yet: such an
 * interval counts as the first silent one, whatever came before.
 */

import { SILENT_HEARTBEATS_MAX } from '@tailrace/protocol'

import type { Clock, Timer } from '../io/clock.js'

/** What a heartbeat needs. */
export interface HeartbeatOptions {
  readonly clock: Clock
  readonly intervalMs: number
  /** Bytes received so far; where the environment tells, those of unfinished messages too. */
  readonly receivedBytes: () => number
  /** Sends a PING with this nonce. */
  readonly sendPing: (nonce: number) => void
  /** The peer is silent: called once, after which the heartbeat has stopped. */
  readonly onSilent: (silentMs: number) => void
}

/** Watches one connection, from `start` to `stop`. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #timer: Timer | undefined
  #receivedBytes = 0
  #silentIntervals = 0
  #dueMs = 0
  #nonce = 0

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** Begins the first interval. */
  start(): void {
    this.#receivedBytes = this.#options.receivedBytes()
    this.#schedule()
  }

  /** Ends watching; safe to call at any time. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    const { clock, intervalMs } = this.#options
    this.#dueMs = clock.elapsedMs() + intervalMs
    this.#timer = clock.after(intervalMs, () => {
      this.#judge()
    })
  }

  #judge(): void {
    const { clock, intervalMs } = this.#options
    const isLate = clock.elapsedMs() - this.#dueMs > intervalMs
    const receivedBytes = this.#options.receivedBytes()
    if (receivedBytes !== this.#receivedBytes) this.#silentIntervals = 0
    else this.#silentIntervals = isLate ? 1 : this.#silentIntervals + 1
    this.#receivedBytes = receivedBytes
    if (this.#silentIntervals >= SILENT_HEARTBEATS_MAX) {
      this.stop()
      this.#options.onSilent(this.#silentIntervals * intervalMs)
      return
    }
    if (this.#silentIntervals > 0) this.#options.sendPing(this.#nextNonce())
    this.#schedule()
  }

  #nextNonce(): number {
    this.#nonce = (this.#nonce + 1) >>> 0
    return this.#nonce
  }
}
