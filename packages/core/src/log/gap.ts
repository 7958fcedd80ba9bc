/**
 * Gaps: ranges of offsets that hold no records, because retention or damage took them.
 *
 * A gap of damage is listed in the stream's metadata once a repair has given its records up
 * (docs/adr/0013); the log then goes on behind it. Readers meet gaps as errors that carry the range,
 * so that nothing is ever skipped without a word; here is how they are made and recognised.
 */
import { RequestError, TailraceError } from '@tailrace/format'

/** Records that will not come. */
export interface Gap {
  /** The first offset that is missing. */
  readonly from: number
  /** The next offset there is; more than `from`. */
  readonly to: number
  readonly reason: 'damage' | 'retention'
}

/** The gap that holds `offset`; undefined when none does. `gaps` ascend. O(log n). */
export function gapAt(gaps: readonly Gap[], offset: number): Gap | undefined {
  let low = 0
  let high = gaps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((gaps[middle]?.to ?? Infinity) <= offset) low = middle + 1
    else high = middle
  }
  const gap = gaps[low]
  return gap !== undefined && gap.from <= offset ? gap : undefined
}

/** True when records end at `from` and go on at `to`, with at most a listed gap between. */
export function isContinued(gaps: readonly Gap[], from: number, to: number): boolean {
  if (from === to) return true
  const gap = from < to ? gapAt(gaps, from) : undefined
  return gap?.to === to
}

/** The gaps in order, those that touch or overlap joined, without those wholly below `startOffset`. */
export function joinedGaps(gaps: readonly Gap[], startOffset: number): readonly Gap[] {
  const joined: Gap[] = []
  for (const gap of [...gaps].sort((left, right) => left.from - right.from)) {
    const last = joined.at(-1)
    if (gap.to <= startOffset) continue
    if (last === undefined || last.to < gap.from) joined.push(gap)
    else joined[joined.length - 1] = { ...last, to: Math.max(last.to, gap.to) }
  }
  return joined
}

/** OFFSET_OUT_OF_RANGE: the offset lies in a gap, whose bounds are given; `startOffset` is its end. */
export function offsetInGap(
  offset: number,
  gap: Gap,
  log: { readonly name: string; readonly visibleOffset: number },
): RequestError {
  const { from, to, reason } = gap
  const { name: stream, visibleOffset: endOffset } = log
  const message = `offset ${offset} is lost: records ${from} to ${to} of stream "${stream}" are gone (${reason})`
  const details = { stream, offset, startOffset: to, endOffset, from, to, reason }
  return new RequestError('OFFSET_OUT_OF_RANGE', message, { details })
}

/**
 * The gap that an error of `LogReader.next` at offset `from` speaks of: repaired damage, damage not yet
 * repaired, or retention that overtook the reader. Undefined when nothing is known to follow.
 */
export function gapOfError(error: unknown, from: number): Gap | undefined {
  if (!TailraceError.is(error)) return undefined
  const { details, code } = error
  if (code !== 'OFFSET_OUT_OF_RANGE' && code !== 'STREAM_CORRUPT') return undefined
  const isOvertaken = code === 'OFFSET_OUT_OF_RANGE' && details['reason'] !== 'damage'
  const to = code === 'STREAM_CORRUPT' ? details['to'] : details['startOffset']
  if (typeof to !== 'number' || to <= from) return undefined
  return { from, to, reason: isOvertaken ? 'retention' : 'damage' }
}
