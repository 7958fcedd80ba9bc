/**
 * Does something again and again while the page can be seen.
 *
 * The next time is counted from the end of the last, so a slow answer is never asked for twice; a
 * page that nobody sees asks for nothing, and one that is looked at again asks at once.
 */

/** What is to be done, and how often. */
export interface PollerOptions {
  readonly intervalMs: number
  /** May throw or reject: what goes wrong goes to `onError`, and polling goes on. */
  readonly poll: () => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Polls until closed. */
export class Poller {
  readonly #options: PollerOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #isPolling = false
  #isClosed = false
  readonly #onVisibility = (): void => {
    if (!document.hidden) this.pollNow()
  }

  constructor(options: PollerOptions) {
    this.#options = options
    document.addEventListener('visibilitychange', this.#onVisibility)
    this.pollNow()
  }

  /** Polls now instead of later; does nothing while a poll is under way. */
  pollNow(): void {
    if (this.#isPolling || this.#isClosed) return
    clearTimeout(this.#timer)
    void this.#poll()
  }

  /** Stops. What a poll that is under way brings is still delivered. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#onVisibility)
  }

  async #poll(): Promise<void> {
    this.#isPolling = true
    try {
      await this.#options.poll()
    } catch (error) {
      this.#options.onError(error)
    } finally {
      this.#isPolling = false
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isClosed || document.hidden) return
    this.#timer = setTimeout(() => this.pollNow(), this.#options.intervalMs)
  }
}
