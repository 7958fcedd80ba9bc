/**
 * Durations as people write them: `500ms`, `30s`, `1h30m`, `7d`.
 *
 * A text needs a unit, because "30" has meant seconds, minutes and milliseconds somewhere. A number
 * is milliseconds, as everywhere in JavaScript.
 */

import { RequestError } from '../errors/error-classes.js'

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])
const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]) ?)+$/
const PART_PATTERN = /(\d+(?:\.\d+)?)(ms|[smhdw])/g
const FORMAT_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/**
 * Parses a duration into milliseconds; a fraction of one is rounded.
 *
 * @throws {RequestError} INVALID_CONFIG when it is not a duration of 0 to 2^53 − 1 ms
 */
export function parseDurationMs(duration: string | number): number {
  const durationMs = typeof duration === 'number' ? duration : parseText(duration)
  if (durationMs !== undefined && Number.isSafeInteger(durationMs) && durationMs >= 0) {
    return durationMs
  }
  throw new RequestError(
    'INVALID_CONFIG',
    `${JSON.stringify(duration)} is not a duration; write for example "500ms", "30s", "1h30m" or "7d"`,
    { details: { duration } },
  )
}

/**
 * Writes a duration for people, in its two largest units: `2d 3h`, `1m 30s`, `1.5s`, `12ms`.
 * A negative duration gets a minus sign.
 */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`
  if (Math.round(durationMs) < 1000) return `${Math.round(durationMs)}ms`
  const seconds = Number((durationMs / 1000).toFixed(1))
  if (seconds < 60) return `${seconds}s`
  let rest = Math.round(durationMs / 1000) * 1000
  const counts = FORMAT_UNITS.map(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs)
    rest -= count * unitMs
    return { unit, count }
  })
  const first = counts.findIndex(({ count }) => count > 0)
  const shown = counts.slice(first, first + 2).filter(({ count }) => count > 0)
  return shown.map(({ unit, count }) => `${count}${unit}`).join(' ')
}

function parseText(text: string): number | undefined {
  const trimmed = text.trim()
  if (!DURATION_PATTERN.test(trimmed)) return undefined
  let sumMs = 0
  for (const [, count, unit] of trimmed.matchAll(PART_PATTERN)) {
    sumMs += Number(count) * (UNIT_MS.get(String(unit)) ?? NaN)
  }
  return Math.round(sumMs)
}
