/**
 * Where to begin and where to end, as people write it: `first`, `next`, `1000`, `last:10`, `5m ago`.
 *
 * A number alone is an offset; a time needs a date or "ago", so the two cannot be confused.
 */

import { parseTimestampUs, TailraceError } from '@tailrace/format'

import { usageError } from '../command-error.js'

/** Where a delivery begins. */
export type From =
  'first' | 'next' | number | { readonly last: number } | { readonly timestamp: number }

/** Where a delivery ends: before an offset, at the end as it is now, before a time, after a count. */
export type To = 'end' | number | { readonly timestamp: number } | { readonly count: number }

const DIGITS = /^\d+$/
const LAST = /^last:(\d+)$/
const COUNT = /^\+(\d+)$/

/**
 * Reads the value of `--from`; times become µs since 1970.
 *
 * @throws {CommandError} USAGE
 */
export function parseFrom(text: string, nowUs: number): From {
  if (text === 'first' || text === 'next') return text
  if (DIGITS.test(text)) return safeInteger(text, '--from')
  const last = LAST.exec(text)?.[1]
  if (last !== undefined) return { last: safeInteger(last, '--from last:') }
  return { timestamp: parseTime(text, nowUs, '--from is first, next, an offset, last:N or a time') }
}

/**
 * Reads the value of `--to`; times become µs since 1970.
 *
 * @throws {CommandError} USAGE
 */
export function parseTo(text: string, nowUs: number): To {
  if (text === 'end') return text
  if (DIGITS.test(text)) return safeInteger(text, '--to')
  const count = COUNT.exec(text)?.[1]
  if (count !== undefined) return { count: safeInteger(count, '--to +') }
  return { timestamp: parseTime(text, nowUs, '--to is end, an offset, +COUNT or a time') }
}

function safeInteger(digits: string, option: string): number {
  const value = Number(digits)
  if (Number.isSafeInteger(value)) return value
  throw usageError(`${option} ${digits} is above the largest offset, ${Number.MAX_SAFE_INTEGER}`)
}

function parseTime(text: string, nowUs: number, allowed: string): number {
  try {
    return parseTimestampUs(text, nowUs)
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    throw usageError(`${allowed}: ${error.message}`)
  }
}
