/**
 * The end of a replay, which never waits: whatever `--to` says, what comes after the end of the stream as
 * it is now is not part of the past.
 *
 * A subscription has one stop only, and waits for an offset, a count or a time that has not come. So the
 * stream is asked first where the range would begin and where the stream ends.
 */

import { raw, type Client, type SubscribeOptions } from '@tailrace/client'

import { type To } from './position.js'

/** What a subscription is told about its range. */
export type Range = Pick<SubscribeOptions, 'from' | 'to' | 'onOutOfRange'>

/** Where a range lies, and what is still to be looked at while it is read. */
export interface ResolvedRange {
  readonly range: Range
  /** Batches appended at or after this time, µs since 1970, are behind the end. */
  readonly endTimeUs: number | undefined
}

/** The least that can be asked for: offsets are wanted, not records. */
const PROBE_WINDOW_BYTES = 1

/**
 * Resolves `to` against the stream as it is now.
 *
 * @throws {TailraceError} STREAM_NOT_FOUND, OFFSET_OUT_OF_RANGE, and why the server cannot be asked
 */
export async function resolveEnd(
  client: Client,
  stream: string,
  { to, ...start }: Omit<Range, 'to'> & { readonly to: To },
): Promise<ResolvedRange> {
  if (to === 'end') return { range: { ...start, to }, endTimeUs: undefined }
  // All records of a batch have one append time, so no batch has to be cut.
  if (typeof to === 'object' && 'timestamp' in to) {
    return { range: { ...start, to: 'end' }, endTimeUs: to.timestamp }
  }
  const { startOffset, stopOffset } = await probe(client, stream, start)
  const wanted = typeof to === 'number' ? to : startOffset + to.count
  const endOffset = Math.max(startOffset, Math.min(wanted, stopOffset))
  return { range: { from: startOffset, to: endOffset }, endTimeUs: undefined }
}

async function probe(client: Client, stream: string, start: Omit<Range, 'to'>) {
  await using subscription = client.stream(stream, { codec: raw }).subscribe({
    ...start,
    to: 'end',
    windowBytes: PROBE_WINDOW_BYTES,
  })
  const { startOffset, stopOffset } = await subscription.opened()
  return { startOffset, stopOffset: stopOffset ?? startOffset }
}
