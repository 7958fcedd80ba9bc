/** The errors a log reports, with their numbers. */
import {
  BATCH_LENGTH_MAX,
  FormatError,
  RequestError,
  StorageError,
  TailraceError,
} from '@tailrace/format'
import type { Damage, RecoveryReport } from './recovery-report.js'

/** STREAM_CLOSED: the log was closed or deleted, for the given reason. */
export function streamClosed(stream: string, reason: string): StorageError {
  return new StorageError('STREAM_CLOSED', `stream "${stream}": ${reason}`, { details: { stream } })
}

/** True for what {@link streamClosed} returns. */
export function isStreamClosed(error: unknown): boolean {
  return TailraceError.is(error) && error.code === 'STREAM_CLOSED'
}

/** STREAM_CORRUPT when recovery found damage, otherwise undefined. */
export function damageError(stream: string, report: RecoveryReport): StorageError | undefined {
  const { damage } = report
  if (damage === undefined) return undefined
  const { from, to, segment } = damage
  const message = describeDamage(stream, damage)
  return new StorageError('STREAM_CORRUPT', message, { details: { stream, from, to, segment } })
}

/**
 * STREAM_CORRUPT for who reads up to the damage that recovery found, otherwise undefined. `details.to` is
 * null: before a repair the log does not go on behind it, even where batches are known to follow.
 */
export function damagedEnd(
  stream: string,
  report: RecoveryReport | undefined,
): StorageError | undefined {
  if (report?.damage === undefined) return undefined
  const { from, segment } = report.damage
  const message = describeDamage(stream, report.damage)
  const details = { stream, segment, from, to: null }
  return new StorageError('STREAM_CORRUPT', message, { details })
}

function describeDamage(stream: string, { from, to, segment, reason }: Damage): string {
  const range = to === undefined ? `from offset ${from}` : `from offset ${from} to ${to}`
  return (
    `stream "${stream}" is damaged ${range} in ${segment} (${reason}); it can be read up to there, ` +
    'nothing can be appended: see `tailrace verify` and `tailrace repair`'
  )
}

/** STREAM_CORRUPT: the batches of a sealed segment do not lead to the next one. */
export function endUnreached(
  segment: { readonly fileName: string; readonly extent: () => { readonly endOffset: number } },
  to: number | undefined,
): StorageError {
  const from = segment.extent().endOffset
  const message =
    `${segment.fileName} is damaged: its batches end at offset ${from}, ` +
    `the next segment begins at ${to ?? 'no offset'}; it is left as it is`
  return new StorageError('STREAM_CORRUPT', message, {
    details: { segment: segment.fileName, from, to },
  })
}

/** EXPECTED_OFFSET_MISMATCH: the log does not end where the caller expects. */
export function expectedOffsetMismatch(
  stream: string,
  expectedOffset: number,
  endOffset: number,
): RequestError {
  const message = `expected stream "${stream}" to end at offset ${expectedOffset}, it ends at ${endOffset}`
  const details = { stream, expectedOffset, endOffset }
  return new RequestError('EXPECTED_OFFSET_MISMATCH', message, { details })
}

/** BATCH_TOO_LARGE: no segment has room for it, whatever is done. */
export function batchTooLarge(batchLength: number): RequestError {
  const message = `a batch of ${batchLength} bytes is larger than ${BATCH_LENGTH_MAX} bytes`
  const details = { batchLength, batchLengthMax: BATCH_LENGTH_MAX }
  return new RequestError('BATCH_TOO_LARGE', message, { details })
}

/** INVALID_FIELD: the bytes are not one batch; what is behind it would be stored as a part of it. */
export function wrongBatchLength(batchLength: number, lengthBytes: number): FormatError {
  const message = `batchLength ${batchLength} is not the length of the given bytes, ${lengthBytes}`
  return new FormatError('INVALID_FIELD', message, { details: { batchLength, lengthBytes } })
}

/** OFFSET_OUT_OF_RANGE: outside the bounds, which are given. */
export function offsetOutOfRange(
  offset: number,
  bounds: { readonly stream: string; readonly startOffset: number; readonly endOffset: number },
): RequestError {
  const { stream, startOffset, endOffset } = bounds
  const side =
    offset < startOffset
      ? `below the start offset ${startOffset}`
      : `beyond the end offset ${endOffset}`
  const message = `offset ${offset} is ${side} of stream "${stream}"`
  return new RequestError('OFFSET_OUT_OF_RANGE', message, { details: { ...bounds, offset } })
}
