/**
 * Holds what a run was about to do while something else looks at it, then lets everything go on at once.
 *
 * How long the looking takes must not decide who goes on first: a run in which nobody looks has to be the
 * same run. So whoever was held is let go together, in the order of arrival, when all looking has ended
 * and a whole turn of the event loop has brought nobody else.
 */
export class Standstill {
  #held: (() => void)[] = []
  readonly #looking: Promise<unknown>[] = []
  #ending: Promise<void> | undefined

  /** Resolves when everybody who is held goes on. */
  hold(looking: Promise<unknown>): Promise<void> {
    this.#looking.push(looking)
    return new Promise((resolve) => {
      this.#held.push(resolve)
      this.#ending ??= this.#end()
    })
  }

  /** Resolves when it has ended; undefined while nobody is held. */
  get ending(): Promise<void> | undefined {
    return this.#ending
  }

  async #end(): Promise<void> {
    for (let count = 0; count < this.#held.length;) {
      count = this.#held.length
      await Promise.all(this.#looking)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const held = this.#held
    this.#held = []
    this.#looking.length = 0
    this.#ending = undefined
    for (const goOn of held) goOn()
  }
}
