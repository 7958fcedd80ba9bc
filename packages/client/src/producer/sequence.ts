/**
 * The sequence numbers of a producer: one for each record, from 0, modulo 2^32.
 *
 * They are what makes sending again safe: the log stores a batch only if its first sequence is the
 * one after the last it has.
 */

import { RequestError } from '@tailrace/format'
import { NO_SEQUENCE } from '@tailrace/protocol'

/** The sequence `count` records further on. */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) >>> 0
}

/** What the log and the producer each know when a channel is opened. */
export interface SequenceSituation {
  /** By how much the producer's epoch has grown since it was last opened; 0 the first time. */
  readonly epochGrowth: number
  /** How often it was asked to open since then: each may have raised the epoch by one. */
  readonly openAttempts: number
  /** Whether the log answers for the same producer as before; false the first time. */
  readonly isSameProducer: boolean
  readonly isNamed: boolean
  readonly stream: string
  /** Of the last record the log has of the producer; `NO_SEQUENCE` if none. */
  readonly lastSequence: number
  /** Of the oldest record that is not acknowledged. */
  readonly firstSequence: number
  /** For the next record to be sealed. */
  readonly nextSequence: number
}

/**
 * Says which sequence the oldest unacknowledged record gets on the new channel.
 *
 * - The first time, or for another producer: the one after the log's last.
 * - The log's last lies among the unacknowledged: unchanged, so that those it has come back as
 *   duplicates and the rest are stored.
 * - The log has less than it acknowledged (a relaxed stream lost its tail in a power cut): the one
 *   after the log's last, because the log takes no other.
 * - The log has more than was ever sent, or the epoch has grown by more than was asked for: somebody
 *   else has opened this name.
 *
 * @throws {RequestError} FENCED in the last case: going on would take the other's records for ours.
 */
export function reconcileSequence(situation: SequenceSituation): number {
  const { isSameProducer, isNamed, lastSequence, firstSequence, nextSequence } = situation
  const expected = lastSequence === NO_SEQUENCE ? 0 : sequenceAfter(lastSequence, 1)
  if (!isSameProducer) return expected
  if (isNamed && situation.epochGrowth > situation.openAttempts) throw takenOver(situation)
  const unacknowledged = (nextSequence - firstSequence) >>> 0
  if ((expected - firstSequence) >>> 0 <= unacknowledged) return firstSequence
  const isBehind = ((expected - firstSequence) | 0) < 0
  if (isBehind || !isNamed) return expected
  throw takenOver(situation)
}

/** How far epoch `to` lies after epoch `from`; both wrap at 2^16. Negative when it lies before. */
export function epochGrowth(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

function takenOver({ stream, lastSequence, nextSequence }: SequenceSituation): RequestError {
  return new RequestError(
    'FENCED',
    `another producer of the same name has taken over (stream "${stream}", sequence ${lastSequence} stored, ${nextSequence} next)`,
    { details: { stream, lastSequence, nextSequence } },
  )
}
