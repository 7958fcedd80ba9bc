/** A reader that follows the tail in the background and remembers what it got. */

import { TailraceError } from '@tailrace/format'
import type { Log, LogRecord } from '../../src/index.js'
import { copyOf } from '../support/records.js'

export class Follower {
  readonly #log: Log
  #records: LogRecord[] = []
  #waiters: { readonly offset: number; readonly resolve: () => void }[] = []
  /** The offset it wants next. */
  nextOffset: number
  /** The offset of the first record that {@link take} returned last. */
  takenFrom: number
  /** Resolves when the log was closed. */
  readonly ended: Promise<void>
  /** Times that retention was ahead of it. */
  overtakenCount = 0

  constructor(log: Log, offset: number) {
    this.#log = log
    this.nextOffset = offset
    this.takenFrom = offset
    this.ended = this.#run()
  }

  /** Resolves when it has read everything below `offset`. */
  async caughtUp(offset: number): Promise<void> {
    if (this.nextOffset >= offset) return
    await Promise.race([
      new Promise<void>((resolve) => this.#waiters.push({ offset, resolve })),
      this.ended.then(() => {
        throw new Error(`the follower ended at offset ${this.nextOffset}, before ${offset}`)
      }),
    ])
  }

  /** What it got since the last call. */
  take(): LogRecord[] {
    const taken = this.#records
    this.#records = []
    this.takenFrom = this.nextOffset - taken.length
    return taken
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        for await (const record of this.#log.read({ from: this.nextOffset, follow: true })) {
          this.#take(copyOf(record))
        }
      } catch (error) {
        if (!TailraceError.is(error)) throw error
        if (error.code === 'STREAM_CLOSED') return
        if (error.code !== 'OFFSET_OUT_OF_RANGE') throw error
        this.overtakenCount += 1
        this.nextOffset = this.#log.startOffset
      }
    }
  }

  #take(record: LogRecord): void {
    if (record.offset !== this.nextOffset) {
      throw new Error(`the follower got offset ${record.offset}, expected ${this.nextOffset}`)
    }
    this.#records.push(record)
    this.nextOffset = record.offset + 1
    const ready = this.#waiters.filter(({ offset }) => offset <= this.nextOffset)
    this.#waiters = this.#waiters.filter(({ offset }) => offset > this.nextOffset)
    for (const { resolve } of ready) resolve()
  }
}
