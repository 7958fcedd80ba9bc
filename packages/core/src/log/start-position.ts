/** Turns a start position into an offset. */
import { RequestError } from '@tailrace/format'
import { gapAt, offsetInGap } from './gap.js'
import type { Gap } from './gap.js'
import { damagedEnd, offsetOutOfRange } from './log-errors.js'
import type { OutOfRange, StartPosition } from './log-types.js'
import type { RecoveryReport } from './recovery-report.js'

/** What of a log decides about a start. */
export interface StartContext {
  readonly name: string
  readonly startOffset: number
  readonly visibleOffset: number
  /** Ranges whose records were lost for good, ascending. */
  readonly gaps: readonly Gap[]
  readonly recovery?: RecoveryReport | undefined
  readonly offsetForTimestamp: (timestampUs: number) => number | undefined
}

/**
 * The offset at which reading starts.
 *
 * A time leads to a gap rather than behind it when records of that time may have been in it.
 *
 * @throws {RequestError} OFFSET_OUT_OF_RANGE outside the stream, or in a gap, when `strict`. The visible end
 * itself is inside: it is the next record. INVALID_REQUEST for a number that is no offset, count or time.
 * @throws {StorageError} STREAM_CORRUPT for an offset behind damage that the log was opened read-only up to,
 * even to clamp: a consumer that was there must not take it for a stream that never got so far.
 */
export function resolveStart(
  log: StartContext,
  from: StartPosition,
  onOutOfRange: OutOfRange,
): number {
  if (from === 'first') return log.startOffset
  if (from === 'next') return log.visibleOffset
  if (typeof from === 'number') return resolveOffset(log, requireCount('from', from), onOutOfRange)
  if ('last' in from) {
    return Math.max(log.startOffset, log.visibleOffset - requireCount('last', from.last))
  }
  const found = log.offsetForTimestamp(requireCount('timestampUs', from.timestampUs))
  if (found === undefined) return log.visibleOffset
  return Math.max(log.startOffset, gapAt(log.gaps, found - 1)?.from ?? found)
}

function resolveOffset(log: StartContext, offset: number, onOutOfRange: OutOfRange): number {
  const { name, startOffset, visibleOffset } = log
  const gap = gapAt(log.gaps, offset)
  if (gap !== undefined && offset >= startOffset) {
    if (onOutOfRange === 'clamp') return gap.to
    throw offsetInGap(offset, gap, log)
  }
  if (offset >= startOffset && offset <= visibleOffset) return offset
  const damaged = offset > visibleOffset ? damagedEnd(name, log.recovery) : undefined
  if (damaged !== undefined) throw damaged
  if (onOutOfRange === 'clamp') return Math.min(Math.max(offset, startOffset), visibleOffset)
  throw offsetOutOfRange(offset, { stream: name, startOffset, endOffset: visibleOffset })
}

/** The value. @throws {RequestError} INVALID_REQUEST for what is no offset, count or time. */
export function requireCount(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  const message = `${field} is ${value}, must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`
  throw new RequestError('INVALID_REQUEST', message, { details: { field } })
}
