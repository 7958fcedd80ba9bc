/**
 * Jobs on things that have names: those of one name one after another, those of different names at the same
 * time.
 *
 * Creating ten thousand streams one after another is mostly waiting for the disk; two creations of one name
 * at once would be two streams of that name.
 */

/** Queues, one for each name that something is done for. */
export class NamedJobs {
  /** The last job of each name, until it has ended. They never reject. */
  readonly #tails = new Map<string, Promise<void>>()

  /** Names that something is done for, or waits to be done. */
  get count(): number {
    return this.#tails.size
  }

  /** Queues a job behind those of the name, and resolves or rejects with it. */
  run<T>(name: string, job: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(name) ?? Promise.resolve()).then(job)
    const ended = (): void => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
    }
    const tail: Promise<void> = result.then(ended, ended)
    this.#tails.set(name, tail)
    return result
  }

  /** Resolves when no job is left, also of those that were queued since the call. Never rejects. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values())
  }
}
