/**
 * Points in time as people write them, in µs since 1970.
 *
 * Pure: what is relative is relative to the `nowUs` that the caller passes, and a text without a zone
 * is UTC, so that the same command means the same on every machine.
 */

import { RequestError } from '../errors/error-classes.js'
import { parseDurationMs } from './duration.js'

const US_PER_MS = 1000
const AGO_PATTERN = /^(.+?) ?ago$/
//                         date                       time    seconds   fraction       zone
const ISO_PATTERN =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * Parses a point in time into µs since 1970: `2026-11-20`, `2026-11-20T10:00Z`,
 * `2026-11-20 10:00:00.000001+01:00`, `5m ago`, `now`, a `Date`, or a number of µs.
 *
 * Without a zone it is UTC. Digits below a microsecond are cut off.
 *
 * @throws {RequestError} INVALID_CONFIG when it is none of these, or lies before 1970
 */
export function parseTimestampUs(time: string | number | Date, nowUs: number): number {
  const timeUs = toMicroseconds(time, nowUs)
  if (timeUs !== undefined && Number.isSafeInteger(timeUs) && timeUs >= 0) return timeUs
  const shown = typeof time === 'number' ? String(time) : JSON.stringify(time)
  throw new RequestError(
    'INVALID_CONFIG',
    `${shown} is not a time since 1970; write for example "2026-11-20T10:00Z", "5m ago" or a number of µs`,
    { details: { time } },
  )
}

function toMicroseconds(time: string | number | Date, nowUs: number): number | undefined {
  if (typeof time === 'number') return time
  if (typeof time === 'string') return parseText(time.trim(), nowUs)
  return time.getTime() * US_PER_MS
}

function parseText(text: string, nowUs: number): number | undefined {
  if (text === 'now') return nowUs
  const ago = AGO_PATTERN.exec(text)?.[1]
  if (ago !== undefined) return nowUs - parseDurationMs(ago) * US_PER_MS
  return parseIso(text)
}

function parseIso(text: string): number | undefined {
  const match = ISO_PATTERN.exec(text)
  if (match === null) return undefined
  const [, date = '', time = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match
  const secondsMs = Date.parse(`${date}T${time}:${seconds}${zone}`)
  // Date.parse accepts the 31st of every month: a day that changes is no day.
  const day = new Date(`${date}T00:00Z`)
  if (Number.isNaN(secondsMs) || day.toISOString().slice(0, 10) !== date) return undefined
  return secondsMs * US_PER_MS + Number(fraction.padEnd(6, '0').slice(0, 6))
}
