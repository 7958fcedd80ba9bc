/**
 * Instants as people read and type them.
 *
 * The log counts microseconds since 1970 (`…Us`); `Date` knows milliseconds. Everything that goes
 * between the two, and between them and text, is here. Pure: the present comes in as an argument.
 */

const US_PER_MS = 1000
const US_PER_SECOND = 1_000_000
const MS_PER_SECOND = 1000

/** The latest instant a `Date` can hold, in microseconds. */
const TIME_US_MAX = 8.64e15 * US_PER_MS

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: MS_PER_SECOND,
  min: 60 * MS_PER_SECOND,
  h: 3_600 * MS_PER_SECOND,
  d: 86_400 * MS_PER_SECOND,
}

const AGO = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)(?:\s+ago)?$/i
const CLOCK_TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i

/** An instant's date and time of day on the reader's own clock, to the millisecond. */
export interface LocalTime {
  /** `2026-11-20` */
  readonly date: string
  /** `10:42:17.123` */
  readonly time: string
}

/** Splits an instant into date and time of day in the local time zone. */
export function localTime(timeUs: number): LocalTime {
  const at = new Date(Math.floor(timeUs / US_PER_MS))
  if (Number.isNaN(at.getTime())) return { date: '', time: `${timeUs} µs` }
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
  return { date, time: `${time}.${pad(at.getMilliseconds(), 3)}` }
}

/** Writes an instant in UTC with all six digits: `2026-11-20T10:42:17.123456Z`. */
export function isoFromUs(timeUs: number): string {
  const seconds = Math.floor(timeUs / US_PER_SECOND)
  const at = new Date(seconds * MS_PER_SECOND)
  if (Number.isNaN(at.getTime())) return `${timeUs} µs`
  const fraction = pad(timeUs - seconds * US_PER_SECOND, 6)
  return `${at.toISOString().slice(0, -'.000Z'.length)}.${fraction}Z`
}

/**
 * Reads what a person types for an instant, or undefined when it is none.
 *
 * `15m ago`, `2 h`; `10:42` or `10:42:17.5` of today; `2026-11-20`, `2026-11-20 10:42`, with `Z` or an
 * offset in UTC, without one in local time. A fraction counts to the microsecond.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim()
  return parseAgo(trimmed, nowMs) ?? parseClockTime(trimmed, nowMs) ?? parseDateTime(trimmed)
}

/** How long ago something was: `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `12 days ago`. */
export function formatAge(timeUs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - timeUs / US_PER_MS) / MS_PER_SECOND)
  if (seconds < 2) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ago`
  return `${Math.floor(hours / 24)} days ago`
}

/** A short span between two instants: `340 µs`, `12.5 ms`, `3.2 s`, `4 min`. */
export function formatSpanUs(spanUs: number): string {
  if (spanUs < US_PER_MS) return `${spanUs} µs`
  if (spanUs < US_PER_SECOND) return `${trimZero(spanUs / US_PER_MS)} ms`
  const seconds = spanUs / US_PER_SECOND
  if (seconds < 120) return `${trimZero(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

function parseAgo(text: string, nowMs: number): number | undefined {
  const match = AGO.exec(text)
  if (match === null) return undefined
  const [, amount, unit] = match
  return inRange(Math.round((nowMs - Number(amount) * unitMs(unit ?? '')) * US_PER_MS))
}

function unitMs(unit: string): number {
  const name = unit.toLowerCase()
  if (name === 'ms') return 1
  const key = name === 'm' || name.startsWith('mi') ? 'min' : name.charAt(0)
  return UNIT_MS[key] ?? 1
}

function parseClockTime(text: string, nowMs: number): number | undefined {
  const match = CLOCK_TIME.exec(text)
  if (match === null) return undefined
  const [, hours, minutes, seconds = '0', fraction = ''] = match
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const at = new Date(nowMs)
  at.setHours(Number(hours), Number(minutes), Number(seconds), 0)
  return at.getTime() * US_PER_MS + fractionUs(fraction)
}

function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hours = '00', minutes = '00', seconds = '00', fraction = '', zone] =
    match
  // Without a zone, this form is local time by the standard, also where the text had only a date.
  const whole = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`
  const timeMs = Date.parse(`${whole}${normalZone(zone)}`)
  return inRange(timeMs * US_PER_MS + fractionUs(fraction))
}

function normalZone(zone: string | undefined): string {
  if (zone === undefined) return ''
  if (zone.toUpperCase() === 'Z') return 'Z'
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`
}

function fractionUs(digits: string): number {
  return Number(digits.padEnd(6, '0'))
}

function inRange(timeUs: number): number | undefined {
  return timeUs >= 0 && timeUs <= TIME_US_MAX ? timeUs : undefined
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}

function trimZero(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
