/**
 * Work that does as well for many as for one, such as the sync of a directory: one run at a time, and all
 * who ask while one is under way share the next.
 *
 * A run that fails fails those that wait for the next one, too. The kernel says once that something was not
 * written, and what it was may be theirs as well: they did it before the failure was told.
 */
export class SharedWork {
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param work - begun after every call that it stands for. */
  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  /** Resolves when a run that began after the call has ended well. Rejects as the work does. */
  run(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#start()
    this.#next = this.#running.then(
      () => this.#start(),
      (error: unknown) => {
        this.#next = undefined
        throw error
      },
    )
    return this.#next
  }

  #start(): Promise<void> {
    this.#next = undefined
    this.#running = this.#work().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }
}
