/**
 * Keeps free memory scarce: takes it until little is left, and again whenever some becomes free.
 *
 * Looks often, because a host that takes idle pages back does so after about two seconds. Where taking
 * does not help, the memory being free again as fast as it is taken, it gives up for a while, longer each
 * time: it must not be what keeps the machine busy.
 *
 * Does not know how memory is taken.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** What there is, and how to take of it. */
export interface FreeMemory {
  /** How much is free now. */
  readonly freeBytes: () => number
  /** Takes so much of it. */
  readonly take: (bytes: number) => void
  /** As much as is to be left free. */
  readonly goalBytes: number
}

/** What is taken before others have their turn. */
const SLICE_BYTES = 32 * 2 ** 20
/** What may be taken beyond twice the excess before it counts as in vain. */
const SPARE_BYTES = 2 ** 30
const INTERVAL_MS = 200
const INTERVAL_MS_MAX = 10_000

/** Does so from `start` until `stop`. */
export class FreeMemoryTaker {
  readonly #memory: FreeMemory
  #running: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #intervalMs = INTERVAL_MS
  #isStopped = false

  constructor(memory: FreeMemory) {
    this.#memory = memory
  }

  /** Looks from now on, every 200 ms; takes when twice the goal is free. */
  start(): void {
    this.#timer = setTimeout(() => void this.#look(), this.#intervalMs)
  }

  /** Takes nothing more. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** Takes down to the goal; false where it was given up. Calls at the same time share one answer. */
  topUp(): Promise<boolean> {
    this.#running ??= this.#takeDown().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #look(): Promise<void> {
    const { freeBytes, goalBytes } = this.#memory
    if (freeBytes() > 2 * goalBytes) {
      const isDown = await this.topUp()
      this.#intervalMs = isDown ? INTERVAL_MS : Math.min(2 * this.#intervalMs, INTERVAL_MS_MAX)
    }
    if (!this.#isStopped) this.start()
  }

  async #takeDown(): Promise<boolean> {
    const { freeBytes, take, goalBytes } = this.#memory
    let left = 2 * (freeBytes() - goalBytes) + SPARE_BYTES
    while (freeBytes() > goalBytes) {
      if (left <= 0 || this.#isStopped) return false
      take(SLICE_BYTES)
      left -= SLICE_BYTES
      await nextTurn()
    }
    return true
  }
}
