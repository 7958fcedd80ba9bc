/**
 * Appends by promise: in the order of the calls, resolved when the stream's durability is met.
 *
 * Exists apart from the log because appending itself is synchronous. A batch waits here only for two
 * things: before it is appended for room (a segment file that is being prepared), and afterwards for the
 * durable mark.
 */
import type { AppendOptions, AppendResult } from './log-types.js'
import type { CollectedWaiter } from './record-collector.js'
import { toError } from './to-error.js'

/** What the queue needs of its log. */
export interface AppendTarget {
  hasRoomFor(batchLength: number): boolean
  makeRoom(batchLength: number): Promise<void>
  appendBatch(batch: Uint8Array, options: AppendOptions): AppendResult
  /** True when an append is acknowledged without waiting for the durable mark. */
  readonly isRelaxed: boolean
  readonly durableOffset: () => number
}

interface Waiter extends CollectedWaiter {
  readonly result: AppendResult
}

/** Orders the appends of a log that are made by promise. */
export class AppendQueue {
  readonly #target: AppendTarget
  /** Appended, not yet durable, in order of offset. */
  #waiters: Waiter[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #queued = 0

  constructor(target: AppendTarget) {
    this.#target = target
  }

  /** True while appends wait for room. */
  get isWaiting(): boolean {
    return this.#queued > 0
  }

  /** Appends the batch, which may change once this returns. */
  append(batch: Uint8Array, options: AppendOptions): Promise<AppendResult> {
    if (this.isWaiting || !this.#target.hasRoomFor(batch.length)) {
      return this.#appendLater(batch.slice(), options)
    }
    try {
      return this.#whenMet(this.#target.appendBatch(batch, options))
    } catch (error) {
      return Promise.reject(toError(error))
    }
  }

  /** The durable mark has advanced. */
  settle(durableOffset: number): void {
    const done = this.#waiters.findIndex(({ result }) => result.endOffset > durableOffset)
    const settled = this.#waiters.splice(0, done < 0 ? this.#waiters.length : done)
    for (const { result, resolve } of settled) resolve(result)
  }

  /** It never will again. */
  fail(error: unknown): void {
    const failed = this.#waiters
    this.#waiters = []
    for (const { reject } of failed) reject(error)
  }

  /** Resolves when nothing waits for room. Never rejects. */
  async idle(): Promise<void> {
    await this.#tail
  }

  /** Tells those who wait for the records of a batch, one each, when the stream's durability is met. */
  tellEach(baseOffset: number, waiters: readonly CollectedWaiter[]): void {
    const { isRelaxed, durableOffset } = this.#target
    const metBelow = isRelaxed ? Infinity : durableOffset()
    let endOffset = baseOffset
    for (const { resolve, reject } of waiters) {
      const result = { baseOffset: endOffset, endOffset: endOffset + 1, isDuplicate: false }
      endOffset += 1
      if (endOffset <= metBelow) resolve(result)
      else this.#waiters.push({ result, resolve, reject })
    }
  }

  /** Behind others that wait for room, so that the order of calls is the order of offsets. */
  #appendLater(batch: Uint8Array, options: AppendOptions): Promise<AppendResult> {
    const target = this.#target
    this.#queued += 1
    const appended = this.#tail.then(async () => {
      try {
        while (!target.hasRoomFor(batch.length)) await target.makeRoom(batch.length)
        // Among the waiters in the same turn: a commit may end, or fail for good, in the next one.
        return { met: this.#whenMet(target.appendBatch(batch, options)) }
      } finally {
        this.#queued -= 1
      }
    })
    this.#tail = appended.catch(() => undefined)
    return appended.then(({ met }) => met)
  }

  #whenMet(result: AppendResult): Promise<AppendResult> {
    if (this.#isMet(result)) return Promise.resolve(result)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ result, resolve, reject })
    })
  }

  #isMet({ endOffset }: AppendResult): boolean {
    const { isRelaxed, durableOffset } = this.#target
    return isRelaxed || endOffset <= durableOffset()
  }
}
