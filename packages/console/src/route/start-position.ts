/**
 * Where reading a stream begins, as it stands in a link.
 *
 * The same words as the command's `--from`: `first`, `next`, `last:100`, an offset, or a time. A time
 * is always written in full and in UTC, so that a link means the same tomorrow and elsewhere.
 */

import { isoFromUs, parseTime } from '../text/times.js'

/** A place in a stream to begin at. */
export type StartPosition =
  | { readonly kind: 'first' }
  | { readonly kind: 'next' }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timeUs: number }

/** What a link without a start means: some of the past, then what comes. */
export const START_DEFAULT: StartPosition = { kind: 'last', count: 100 }

/** More than the page would keep of `last:…` is asked for in vain. */
const LAST_COUNT_MAX = 1_000_000

/**
 * Reads a start position, or undefined when the text is none.
 *
 * Digits alone are an offset. Relative times (`15m ago`) are taken from `nowMs`.
 */
export function parseStartPosition(text: string, nowMs: number): StartPosition | undefined {
  const word = text.trim()
  if (word === 'first') return { kind: 'first' }
  if (word === 'next') return { kind: 'next' }
  if (/^\d+$/.test(word)) return parseOffset(word)
  const last = /^last:(\d+)$/.exec(word)
  if (last !== null) return parseLast(Number(last[1]))
  const timeUs = parseTime(word, nowMs)
  return timeUs === undefined ? undefined : { kind: 'time', timeUs }
}

/** Writes a start position so that `parseStartPosition` reads the same one. */
export function formatStartPosition(position: StartPosition): string {
  switch (position.kind) {
    case 'first':
    case 'next':
      return position.kind
    case 'last':
      return `last:${position.count}`
    case 'offset':
      return String(position.offset)
    case 'time':
      return isoFromUs(position.timeUs)
  }
}

function parseOffset(digits: string): StartPosition | undefined {
  const offset = Number(digits)
  return Number.isSafeInteger(offset) ? { kind: 'offset', offset } : undefined
}

function parseLast(count: number): StartPosition | undefined {
  if (count < 1 || count > LAST_COUNT_MAX) return undefined
  return { kind: 'last', count }
}
