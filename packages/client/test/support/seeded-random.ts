/** A small seeded random source (mulberry32): the same seed, the same numbers. */

/** The seed of this test run, for sources and for messages. */
export function testSeed(): number {
  return Number(process.env['TAILRACE_SEED'] ?? 4455)
}

/** Makes a source of numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
