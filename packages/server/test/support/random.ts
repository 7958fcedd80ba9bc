/** Seeded randomness for tests that are not property tests; the seed is the run's. */

/** The seed of this run, printed when the run begins. */
export function runSeed(): number {
  return Number(process.env['TAILRACE_SEED'] ?? 4455)
}

/** Integers from 0 to `end` − 1, the same sequence for the same seed (mulberry32). */
export function randomIntegers(seed: number): (end: number) => number {
  let state = seed >>> 0
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
}
