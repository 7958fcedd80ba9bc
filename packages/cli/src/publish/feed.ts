/**
 * From the input to the producer: cuts records, skips those that are stored, waits when the buffer is
 * full.
 *
 * The only loop of a publish that runs per record; it allocates nothing unless records have keys.
 */

import { type Producer } from '@tailrace/client'
import { RequestError, TailraceError } from '@tailrace/format'

import { CommandError } from '../command-error.js'
import { unlessAborted } from '../io/abort.js'
import { type Input } from '../io/input.js'
import { type ByteRange } from './byte-range.js'
import { type RecordCursor } from './record-cursor.js'
import { type Tally } from './tally.js'

/** What a feed goes between. */
export interface FeedOptions {
  readonly input: Input
  readonly cursor: RecordCursor
  /** Checks a record and finds its key; given the record's number in the input, from 1. */
  readonly keyOf: ((record: ByteRange, recordNumber: number) => Uint8Array | undefined) | undefined
  readonly producer: Producer<ByteRange>
  /** Whether the producer has a name, so that its sequences count the records of the input. */
  readonly isNamed: boolean
  readonly tally: Tally
  /** Ends the feed early; has not aborted yet. */
  readonly stop: AbortSignal
}

/** A producer's sequences are u32: behind this many records they cannot tell a position any more. */
const NAMED_RECORDS_MAX = 2 ** 32

/**
 * Hands all records of the input to the producer; resolves when they are taken, not acknowledged.
 *
 * @throws {CommandError} BAD_INPUT for a record that cannot be published; those before it were taken
 * @throws {TailraceError} why the producer takes nothing more
 */
export async function feed(options: FeedOptions): Promise<void> {
  const { input, cursor, producer, tally, stop } = options
  for await (const chunk of input.chunks(stop)) {
    tally.inputBytes += chunk.length
    cursor.push(chunk)
    while (cursor.next()) {
      if (take(options)) continue
      await unlessAborted(producer.ready(), stop)
      if (stop.aborted) return
    }
  }
  if (!stop.aborted && cursor.finish()) take(options)
}

/** Takes the record that the cursor stands on; false when the producer's buffer is full. */
function take({ cursor, keyOf, producer, isNamed, tally }: FeedOptions): boolean {
  const recordNumber = tally.recordCount + 1
  if (isNamed && recordNumber > NAMED_RECORDS_MAX) throw tooManyRecords()
  if (recordNumber <= tally.skippedCount) {
    tally.recordCount = recordNumber
    return true
  }
  const key = keyOf?.(cursor, recordNumber)
  const hasRoom = send(producer, cursor, { key, recordNumber })
  tally.recordCount = recordNumber
  tally.sentBytes += cursor.end - cursor.start
  return hasRoom
}

function send(
  producer: Producer<ByteRange>,
  record: ByteRange,
  { key, recordNumber }: { key: Uint8Array | undefined; recordNumber: number },
): boolean {
  try {
    return producer.send(record, key === undefined ? undefined : { key })
  } catch (error) {
    if (!TailraceError.is(error) || error.code !== 'BATCH_TOO_LARGE') throw error
    const message = `record ${recordNumber} of the input is too large: ${error.message}`
    throw new RequestError('BATCH_TOO_LARGE', message, { details: error.details, cause: error })
  }
}

function tooManyRecords(): CommandError {
  return new CommandError(
    'BAD_INPUT',
    `a named producer takes at most ${NAMED_RECORDS_MAX} records`,
  )
}
