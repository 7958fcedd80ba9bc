/** Which records `dump` is to show. */

import { usageError } from '../command-error.js'

/** Offsets from `start` on, before `end`. */
export interface OffsetRange {
  readonly start: number
  /** Infinity where nothing was said. */
  readonly end: number
}

/**
 * Reads `--from` and `--to` of `dump`: offsets, or `+COUNT` for the end.
 *
 * @throws {CommandError} USAGE
 */
export function parseOffsetRange(from: string | undefined, to: string | undefined): OffsetRange {
  const start = from === undefined ? 0 : offsetOf(from, '--from', 'an offset')
  if (to === undefined) return { start, end: Infinity }
  const end = to.startsWith('+')
    ? start + offsetOf(to.slice(1), '--to +', 'a number of records')
    : offsetOf(to, '--to', 'an offset or +COUNT')
  if (end > start) return { start, end }
  throw usageError(`--to ${to} is not behind --from ${start}: there is no record between them`)
}

/** Whether a range has offsets of another; an `end` that nobody knows is undefined. */
export function overlaps(range: OffsetRange, start: number, end: number | undefined): boolean {
  return start < range.end && (end === undefined || end > range.start)
}

/** `offsets 5 to 9`, `offset 5`, `offsets from 5 on`. */
export function offsetText({ start, end }: OffsetRange): string {
  if (end === Infinity) return `offsets from ${start} on`
  return end - start === 1 ? `offset ${start}` : `offsets ${start} to ${end - 1}`
}

function offsetOf(text: string, option: string, allowed: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value)) return value
  throw usageError(`${option} is "${text}", must be ${allowed} (digits, at most 2^53 - 1)`)
}
