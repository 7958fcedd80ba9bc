/** A seeded source of randomness: the same seed, the same run. */

export class Random {
  #state: number

  /** @param seed - any 32-bit integer. */
  constructor(readonly seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). mulberry32: 32 bits of state, good enough to choose faults with. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** An independent source, so that a use more here does not shift the draws there. */
  fork(): Random {
    return new Random(this.below(2 ** 32))
  }
}
