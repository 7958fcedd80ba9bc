/**
 * Numbers and times for people.
 */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1,234,567`. */
export function formatCount(count: number): string {
  return grouped.format(count)
}

/** A count with its noun: `1 record`, `2,000 records`, `2 batches`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** A rate, to three digits: `1,230,000`. */
export function formatRate(perSecond: number): string {
  return formatCount(Number(perSecond.toPrecision(3)))
}

/** A time in µs since 1970, all digits kept: `2026-11-20T10:00:00.000001Z`. */
export function formatTimestamp(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000)
  const us = String(timeUs - ms * 1000).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${us}Z`
}

/** A time in µs since 1970 to the second, in UTC: `2026-11-20 10:00:00`. */
export function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(0, 19).replace('T', ' ')
}
