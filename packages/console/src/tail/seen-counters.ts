/**
 * Counts what has been taken into the list, so that a test, or a doubting reader, can see that every
 * offset came once and in order.
 *
 * Dropped rows stay counted. Records that a notice accounts for are `missing`; only a hole that
 * nobody announced is a gap.
 */

/** What has been taken so far. Offsets are undefined before the first record. */
export interface Seen {
  readonly first: number | undefined
  readonly last: number | undefined
  readonly count: number
  /** Offsets that were passed over without a word. */
  readonly gaps: number
  /** Offsets that came again. */
  readonly duplicates: number
  /** Offsets that a notice declared gone or skipped. */
  readonly missing: number
}

/** The counters of one reading. */
export class SeenCounters {
  #first: number | undefined
  #last: number | undefined
  #count = 0
  #gaps = 0
  #duplicates = 0
  #missing = 0

  /** The counters as they stand now. */
  get now(): Seen {
    return {
      first: this.#first,
      last: this.#last,
      count: this.#count,
      gaps: this.#gaps,
      duplicates: this.#duplicates,
      missing: this.#missing,
    }
  }

  /** Counts `count` records from `first` to `last`, ascending. */
  addRecords({ first, last, count }: Record<'first' | 'last' | 'count', number>): void {
    const expected = this.#last === undefined ? first : this.#last + 1
    if (first > expected) this.#gaps += first - expected
    if (first < expected) this.#duplicates += Math.min(expected - first, count)
    // Within a batch offsets ascend; fewer records than offsets is a hole.
    this.#gaps += last - first + 1 - count
    this.#first ??= first
    this.#last = Math.max(this.#last ?? last, last)
    this.#count += count
  }

  /** Accounts for the offsets `[from, to)`: they will not come. */
  addMissing(from: number, to: number): void {
    this.#missing += to - from
    if (this.#last !== undefined) this.#last = Math.max(this.#last, to - 1)
  }
}
