/**
 * Ctrl-C and SIGTERM: the first asks a command to end in good order, the second to end at once.
 *
 * ```
 *   listening ──signal──▶ asked (`signal` aborts) ──signal──▶ urged (`urged` aborts) ──signal──▶ exit 130
 * ```
 *
 * npm passes Ctrl-C on to the program it runs although the terminal has already told it: the same signal
 * within `ECHO_MS` of the one before is taken for its echo.
 *
 * A command that does not begin to listen ends by the signal, as any program does.
 */

/** The part of `process` that is needed. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  exit(status: number): void
}

/** The status of a program that was ended by Ctrl-C. */
const INTERRUPTED_STATUS = 130

/** No person presses Ctrl-C twice within this time. */
const ECHO_MS = 100

/** Turns signals to the process into steps of urgency. */
export class Interrupts {
  readonly #source: SignalSource
  readonly #nowMs: () => number
  readonly #asked = new AbortController()
  readonly #urged = new AbortController()
  #isListening = false
  #exitsWhenUrged = true
  #last: { readonly signal: NodeJS.Signals; readonly atMs: number } | undefined

  /** @param nowMs a clock that never goes back, in milliseconds */
  constructor(source: SignalSource, nowMs: () => number) {
    this.#source = source
    this.#nowMs = nowMs
  }

  /**
   * Takes signals from now on. The second one ends the process with 130, unless the command wants to
   * say something first (`handlesUrging`); then the third one does.
   */
  listen(options: { readonly handlesUrging?: boolean } = {}): void {
    this.#exitsWhenUrged = options.handlesUrging !== true
    if (this.#isListening) return
    this.#isListening = true
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      this.#source.on(signal, () => this.#onSignal(signal))
    }
  }

  /** Aborts when the command is asked to end. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  /** Aborts when it is asked again. */
  get urged(): AbortSignal {
    return this.#urged.signal
  }

  #onSignal(signal: NodeJS.Signals): void {
    const last = this.#last
    this.#last = { signal, atMs: this.#nowMs() }
    if (last?.signal === signal && this.#last.atMs - last.atMs < ECHO_MS) return
    if (!this.#asked.signal.aborted) {
      this.#asked.abort()
    } else if (!this.#urged.signal.aborted && !this.#exitsWhenUrged) {
      this.#urged.abort()
    } else {
      this.#source.exit(INTERRUPTED_STATUS)
    }
  }
}
