/**
 * Keeps the event loop looking at the socket for a moment while `publish` calls wait for their acknowledgement.
 *
 * Who awaits each record takes turns with the server, and where waking an idle core is dear (a virtual machine
 * has to ask its host), the sleep between turns is most of the time. For programs that asked for it
 * (`busyPolling`); the server's own polling is another matter, and adapts (docs/adr/0023).
 */

import type { AtEndOfTurn } from '../io/end-of-turn.js'

/** How long after the last `publish`; an answer from this machine or its neighbour is there by then. */
const POLL_MS = 0.2

/** What the polling needs. */
export interface AckPollingOptions {
  readonly atEndOfTurn: AtEndOfTurn
  /** Milliseconds from an arbitrary start. */
  readonly nowMs: () => number
  /** Whether nobody waits any more. */
  readonly isDone: () => boolean
}

/** The polling of one producer. */
export class AckPolling {
  readonly #options: AckPollingOptions
  #isPolling = false
  /** Whether somebody began to wait since the clock was last looked at. */
  #hasStirred = false
  #untilMs = 0

  constructor(options: AckPollingOptions) {
    this.#options = options
  }

  /** Somebody has begun to wait. */
  stirred(): void {
    this.#hasStirred = true
    if (this.#isPolling) return
    this.#isPolling = true
    this.#options.atEndOfTurn(this.#look)
  }

  readonly #look = (): void => {
    const nowMs = this.#options.nowMs()
    if (this.#hasStirred) this.#untilMs = nowMs + POLL_MS
    this.#hasStirred = false
    this.#isPolling = nowMs < this.#untilMs && !this.#options.isDone()
    if (this.#isPolling) this.#options.atEndOfTurn(this.#look)
  }
}
