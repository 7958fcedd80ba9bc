/**
 * What ended a reading, in words, and where reading can begin again.
 *
 * Errors are told apart by their code, never by their text; a code that is not known here is shown
 * with the message it came with, which says what to do.
 */

import type { StartPosition } from '../route/start-position.js'

/** A place from which the reader may go on. */
export interface WayOn {
  readonly label: string
  readonly from: StartPosition
}

/** What went wrong. */
export interface TailFailure {
  readonly code: string
  readonly title: string
  readonly text: string
  readonly waysOn: readonly WayOn[]
}

const FROM_FIRST: WayOn = { label: 'Read from the first record', from: { kind: 'first' } }
const WAIT_FOR_NEXT: WayOn = { label: 'Wait for the next record', from: { kind: 'next' } }

const NOT_YET =
  'It comes into being when something is published to it. This page shows it as soon as it is there.'

const DELETED = 'It was deleted. What is shown here was read before.'

/** What was being read. */
export interface FailedReading {
  readonly stream: string
  readonly from: StartPosition
  /** Whether the stream was there when reading began. */
  readonly hasBegun: boolean
}

/** Explains what ended a reading. */
export function explainFailure(error: unknown, reading: FailedReading): TailFailure {
  const { stream, from, hasBegun } = reading
  const code = codeOf(error)
  const text = sentence(error instanceof Error ? error.message : String(error))
  const again: WayOn = { label: 'Try again', from }
  switch (code) {
    case 'STREAM_NOT_FOUND':
    case 'STREAM_CLOSED':
      return hasBegun
        ? { code, title: `The stream “${stream}” is gone`, text: DELETED, waysOn: [again] }
        : { code, title: `There is no stream “${stream}”`, text: NOT_YET, waysOn: [again] }
    case 'INVALID_STREAM_NAME':
      return { code, title: 'This cannot be the name of a stream', text, waysOn: [] }
    case 'EPOCH_MISMATCH':
      return {
        code,
        title: 'The stream is not the one it was',
        text: `${text} It was made anew, or lost records that were shown here; offsets may mean other records now.`,
        waysOn: [FROM_FIRST, WAIT_FOR_NEXT],
      }
    case 'OFFSET_OUT_OF_RANGE':
      return {
        code,
        title: 'The stream does not reach there',
        text,
        waysOn: [FROM_FIRST, WAIT_FOR_NEXT],
      }
    case 'CHECKSUM_MISMATCH':
      return {
        code,
        title: 'A batch arrived damaged',
        text: `${text} Nothing of it is shown.`,
        waysOn: [again, WAIT_FOR_NEXT],
      }
    default:
      return { code, title: 'Reading stopped', text, waysOn: [again] }
  }
}

/** Explains a start in the address that is none. */
export function explainInvalidStart(text: string): TailFailure {
  return {
    code: 'INVALID_START',
    title: `“${text}” is not a place to begin at`,
    text: 'A start is “first”, “next”, “last:100”, an offset, or a time such as 2026-11-20T10:00Z.',
    waysOn: [FROM_FIRST, WAIT_FOR_NEXT],
  }
}

/** The code by which an error is known; `UNKNOWN` for one that has none. */
export function codeOf(error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}

/** Messages are written to follow a colon; here they stand alone. */
function sentence(message: string): string {
  if (message === '') return ''
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
