/**
 * Times for measurements.
 */

import { cpuUsage } from 'node:process'

/** Milliseconds since 1970, to about a quarter of a microsecond; never goes back within a process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Seconds of processor time that this process has used, with all of its threads. */
export function cpuSeconds(): number {
  const { user, system } = cpuUsage()
  return (user + system) / 1_000_000
}
