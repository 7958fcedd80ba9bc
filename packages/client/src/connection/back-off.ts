/**
 * How long to wait before trying again: exponential, with full jitter.
 *
 * Full jitter (a random time between nothing and the bound, not around it) spreads the clients of a
 * server that came back evenly, and half the total work of them. Pure; the counting is the caller's.
 */

import type { Random } from '../io/random.js'

/** Bounds of the waiting time. */
export interface BackOffOptions {
  /** The bound for the first attempt, in milliseconds. */
  readonly baseMs: number
  /** The bound is doubled for each further attempt, up to this many milliseconds. */
  readonly maxMs: number
}

/** Beyond this many doublings every bound is `maxMs`, and 2^n would leave the safe integers. */
const DOUBLINGS_MAX = 32

/** The wait before attempt `attempt` (from 0), in whole milliseconds. */
export function backOffDelayMs(attempt: number, options: BackOffOptions, random: Random): number {
  const bound = options.baseMs * 2 ** Math.min(attempt, DOUBLINGS_MAX)
  return Math.floor(random() * Math.min(options.maxMs, bound))
}
