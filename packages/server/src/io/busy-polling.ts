/**
 * Keeps the event loop looking at the sockets for a moment after something came, instead of sleeping.
 *
 * Where client and server take turns (an append, its acknowledgement, the next append), each waits for the other
 * to wake up, and on a virtual machine waking an idle core costs more than the work: a trip to the host and back
 * on both sides. As `SO_BUSY_POLL` and `cpuidle-haltpoll` do in the kernel, the loop goes round for up to
 * `POLL_MS` before it sleeps (docs/adr/0023).
 *
 * Only as long as that pays: something has to come two times out of three. Else it stops, and tries again after
 * ever more messages. Nothing is looked for while the disk is waited for: its threads may need this core.
 *
 * An idle server sleeps. Does not know sockets.
 */

import type { Timers } from './timers.js'

/** How long the loop looks for more. A client's turn takes 50 to 150 µs; waking up takes about as long. */
const POLL_MS = 0.2

/** What a try is worth: something came before the time was over, or not. */
const FOUND = 1
const NOT_FOUND = -2

/** Above this, successes do not count: a client that stops is noticed after a few times. */
const SCORE_MAX = 8

/** A failure more and it stops. */
const SCORE_OF_TRY = 2

/** Messages until the next try, at first and after failures. */
const MESSAGES_UNTIL_TRY_MIN = 16
const MESSAGES_UNTIL_TRY_MAX = 4096

/** What busy polling needs. */
export interface BusyPollingOptions {
  readonly timers: Pick<Timers, 'atTurnEnd' | 'nowMs'>
  /** Whether threads of this process may need its core. */
  readonly isDiskAwaited: () => boolean
}

/** The polling of one event loop. */
export class BusyPolling {
  readonly #options: BusyPollingOptions
  #isPolling = false
  /** Whether a message has come since the loop last looked. */
  #hasStirred = false
  #untilMs = 0
  #score = SCORE_MAX
  #messagesUntilTry = MESSAGES_UNTIL_TRY_MIN
  #messagesLeft = 0

  constructor(options: BusyPollingOptions) {
    this.#options = options
  }

  /** Whether the loop is kept from sleeping. */
  get isPolling(): boolean {
    return this.#isPolling
  }

  /** A message has come. */
  stirred(): void {
    this.#hasStirred = true
    if (!this.#isPolling && this.#mayTry()) this.#begin()
  }

  #mayTry(): boolean {
    if (this.#score > 0) return true
    this.#messagesLeft -= 1
    if (this.#messagesLeft > 0) return false
    this.#score = SCORE_OF_TRY
    return true
  }

  #begin(): void {
    if (this.#options.isDiskAwaited()) return
    this.#isPolling = true
    this.#look(this.#options.timers.nowMs())
  }

  /** Goes round once more. */
  #look(nowMs: number): void {
    this.#hasStirred = false
    this.#untilMs = nowMs + POLL_MS
    this.#options.timers.atTurnEnd(this.#onTurnEnd)
  }

  readonly #onTurnEnd = (): void => {
    if (this.#options.isDiskAwaited()) {
      this.#isPolling = false
      return
    }
    const nowMs = this.#options.timers.nowMs()
    if (this.#hasStirred) {
      this.#note(FOUND)
      this.#look(nowMs)
    } else if (nowMs < this.#untilMs) {
      this.#options.timers.atTurnEnd(this.#onTurnEnd)
    } else {
      this.#isPolling = false
      this.#note(NOT_FOUND)
    }
  }

  #note(worth: number): void {
    this.#score = Math.min(SCORE_MAX, this.#score + worth)
    if (this.#score === SCORE_MAX) this.#messagesUntilTry = MESSAGES_UNTIL_TRY_MIN
    if (this.#score > 0) return
    this.#messagesLeft = this.#messagesUntilTry
    this.#messagesUntilTry = Math.min(MESSAGES_UNTIL_TRY_MAX, this.#messagesUntilTry * 2)
  }
}
