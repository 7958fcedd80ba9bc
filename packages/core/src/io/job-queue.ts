/**
 * Work behind the event loop, one job after another.
 *
 * Serialises what touches the files of one stream besides appends (sealing, retention, snapshots), so
 * that none of them has to think of the others. A failed job is reported and does not stop the rest.
 */
export class JobQueue {
  readonly #onError: (error: unknown) => void
  #tail: Promise<void> = Promise.resolve()

  /** @param onError - hears of each failed job whose caller does not. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Queues a job nobody waits for. */
  push(job: () => Promise<void>): void {
    this.run(job).catch(this.#onError)
  }

  /** Queues a job and resolves or rejects with it. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job)
    this.#tail = result.then(ignore, ignore)
    return result
  }

  /** Resolves when everything queued before the call has ended. Never rejects. */
  idle(): Promise<void> {
    return this.#tail
  }
}

function ignore(): void {
  // The outcome belongs to whoever queued the job; the queue only waits for its end.
}
