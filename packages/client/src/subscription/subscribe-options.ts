/**
 * What an application says about a subscription, and the same in the protocol's words.
 */

import { parseTimestampUs } from '@tailrace/format'
import type { GapNotice, OutOfRangePolicy, SubscribeFrom, SubscribeStop } from '@tailrace/protocol'

import { wholeNumber } from '../util/whole-number.js'

/**
 * A point in time: a `Date`, µs since 1970, or text such as `2026-11-20T10:00Z`, `5m ago`, `now`.
 * Text without a zone is UTC.
 */
export type Timestamp = Date | number | string

/**
 * Where a subscription begins: at the first record there is, behind the last one, at an offset, `last`
 * records before the end, or at the first record appended at or after a point in time.
 */
export type SubscribePosition =
  'first' | 'next' | number | { readonly last: number } | { readonly timestamp: Timestamp }

/**
 * Where a subscription ends: before an offset, at what is the end when it begins, before the first
 * record appended at or after a point in time, or after so many records. One that lies in the future is
 * waited for; a time has come only when such a record has been stored, so use `'end'` for "until now".
 */
export type SubscribeEnd =
  number | 'end' | { readonly timestamp: Timestamp } | { readonly count: number }

/** Records `[from, to)` that a subscription was due and that are gone. */
export type Gap = GapNotice

/** Options of `stream.subscribe`. */
export interface SubscribeOptions {
  /** Where to begin. Default `'next'`: only what is published from now on. */
  readonly from?: SubscribePosition | undefined
  /** Where to end. Default: never. */
  readonly to?: SubscribeEnd | undefined
  /**
   * What to do when `from` lies outside the stream: `'strict'` (default) throws OFFSET_OUT_OF_RANGE with
   * the bounds, `'clamp'` begins at the nearest offset there is. With `'clamp'`, records that retention
   * removes before they were delivered are skipped too.
   */
  readonly onOutOfRange?: OutOfRangePolicy | undefined
  /**
   * Told when records are gone that were due, before the record that follows them is handed out. With
   * it (or `'clamp'`) the subscription goes on behind the gap; without, it throws OFFSET_OUT_OF_RANGE.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined
  /**
   * Bytes of batches that may be on their way or waiting to be taken. Default 4 MiB; at most what the
   * server allows. Memory is bounded by this and one batch.
   */
  readonly windowBytes?: number | undefined
  /** Ends the subscription; the iterator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** The same, checked, complete, and as the protocol has it. */
export interface SubscriptionConfig {
  readonly stream: string
  readonly from: SubscribeFrom
  readonly stop: SubscribeStop | undefined
  readonly onOutOfRange: OutOfRangePolicy
  readonly onGap: ((gap: Gap) => void) | undefined
  readonly windowBytes: number
  readonly signal: AbortSignal | undefined
}

const WINDOW_BYTES_DEFAULT = 4 * 1024 * 1024

/**
 * Checks options and completes them. Relative times are relative to `nowUs`.
 *
 * @throws {RangeError} a number is not a whole number in its range.
 * @throws {RequestError} INVALID_CONFIG for a time that cannot be understood.
 */
export function resolveSubscribeOptions(
  stream: string,
  options: SubscribeOptions,
  nowUs: number,
): SubscriptionConfig {
  const { windowBytes = WINDOW_BYTES_DEFAULT, to } = options
  return {
    stream,
    from: resolvePosition(options.from ?? 'next', nowUs),
    stop: to === undefined ? undefined : resolveEnd(to, nowUs),
    onOutOfRange: options.onOutOfRange ?? 'strict',
    onGap: options.onGap,
    windowBytes: wholeNumber('windowBytes', windowBytes, 1),
    signal: options.signal,
  }
}

function resolvePosition(from: SubscribePosition, nowUs: number): SubscribeFrom {
  if (from === 'first') return { first: true }
  if (from === 'next') return { next: true }
  if (typeof from === 'number') return { offset: wholeNumber('from', from) }
  if ('last' in from) return { last: wholeNumber('from.last', from.last) }
  return { timestampUs: parseTimestampUs(from.timestamp, nowUs) }
}

function resolveEnd(to: SubscribeEnd, nowUs: number): SubscribeStop {
  if (to === 'end') return { atEnd: true }
  if (typeof to === 'number') return { offset: wholeNumber('to', to) }
  if ('count' in to) return { count: wholeNumber('to.count', to.count) }
  return { timestampUs: parseTimestampUs(to.timestamp, nowUs) }
}
