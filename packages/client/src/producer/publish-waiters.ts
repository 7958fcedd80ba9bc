/**
 * The `publish` calls that wait for one batch.
 *
 * Acknowledgements come by batch, so the promises are kept by batch too: three short arrays instead of
 * an entry in a map for every record.
 */

import { OFFSET_UNKNOWN } from '@tailrace/protocol'
import type { TailraceError } from '@tailrace/format'

/** The waiters of one batch, in the order of their records. */
export class PublishWaiters {
  readonly #indexes: number[] = []
  readonly #resolves: ((offset: number) => void)[] = []
  readonly #rejects: ((error: TailraceError) => void)[] = []

  /** How many wait. */
  get count(): number {
    return this.#indexes.length
  }

  /** Makes the promise of the offset of the batch's record `index`. */
  add(index: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#indexes.push(index)
      this.#resolves.push(resolve)
      this.#rejects.push(reject)
    })
  }

  /** Resolves all: the batch begins at `baseOffset`, or at `OFFSET_UNKNOWN`, which all then get. */
  resolve(baseOffset: number): void {
    const isKnown = baseOffset !== OFFSET_UNKNOWN
    this.#resolves.forEach((resolve, i) => {
      resolve(isKnown ? baseOffset + (this.#indexes[i] ?? 0) : OFFSET_UNKNOWN)
    })
  }

  /** Rejects all. */
  reject(error: TailraceError): void {
    for (const reject of this.#rejects) reject(error)
  }
}
