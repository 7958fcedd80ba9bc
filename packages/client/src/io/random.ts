/**
 * Where the client takes randomness from: the jitter of its delays. Nothing secret depends on it.
 */

/** Gives a number in [0, 1). */
export type Random = () => number

/** The engine's own source. */
export const systemRandom: Random = () => Math.random()
