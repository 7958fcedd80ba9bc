/**
 * Bounds how much of one kind of work is under way at once; the rest waits in order of arrival.
 *
 * The syncs of all streams of a store go through one: what they occupy are the threads in which Node does
 * all file work. Ten thousand streams that commit at once would otherwise hold every thread until the last
 * of them was synced, and each of them a descriptor.
 */
export class Slots {
  readonly #countMax: number
  readonly #waiting = new Set<() => void>()
  #used = 0

  /** @param countMax - how many may be taken at once, at least 1. */
  constructor(countMax: number) {
    this.#countMax = Math.max(1, countMax)
  }

  /** How many are taken. */
  get used(): number {
    return this.#used
  }

  /** Takes a slot if one is free now. Every slot that was taken is to be given back, once. */
  tryTake(): boolean {
    if (this.#used >= this.#countMax) return false
    this.#used += 1
    return true
  }

  /** Resolves with a slot taken. */
  async take(): Promise<void> {
    if (this.tryTake()) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** Gives a slot back: it goes to whoever has waited for longest. */
  giveBack(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      next()
      return
    }
    this.#used -= 1
  }

  /** Does the work in a slot. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.take()
    try {
      return await work()
    } finally {
      this.giveBack()
    }
  }
}

/** Threads in which Node does file work: what libuv takes when nobody says otherwise. */
const POOL_THREADS_DEFAULT = 4

/**
 * How many syncs a store has under way at most: two for each thread that does file work. So a thread that
 * ends one finds the next, and whatever else is to be read or written waits behind two, not behind one of
 * every stream.
 */
export function syncsInFlightMax(environment: NodeJS.ProcessEnv = process.env): number {
  const threads = Number(environment['UV_THREADPOOL_SIZE'])
  return 2 * (threads >= 1 ? Math.floor(threads) : POOL_THREADS_DEFAULT)
}
