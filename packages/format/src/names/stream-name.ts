/**
 * The names that a stream can have.
 *
 * A name becomes a directory and a part of URLs, so the rule is the same everywhere and small: no
 * separator, no leading dot (hence no "." and ".."), nothing that needs escaping.
 */

import { RequestError } from '../errors/error-classes.js'

/** 1 to 255 characters from `A–Z a–z 0–9 . _ -`, the first not a dot. */
export const STREAM_NAME_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/

const SHOWN_LENGTH_MAX = 60
const RULE = '1 to 255 letters, digits, ".", "_" or "-", not beginning with "."'

/**
 * Checks that `name` can be the name of a stream.
 *
 * @throws {RequestError} INVALID_STREAM_NAME when it cannot; the message shows the name, shortened
 */
export function checkStreamName(name: string): void {
  // From a peer or from JavaScript it may be anything.
  const given: unknown = name
  if (typeof given === 'string' && STREAM_NAME_PATTERN.test(given)) return
  const shown = typeof given === 'string' ? JSON.stringify(shorten(given)) : `a ${typeof given}`
  throw new RequestError('INVALID_STREAM_NAME', `stream name ${shown} is not ${RULE}`, {
    details: typeof given === 'string' ? { nameLength: given.length, nameLengthMax: 255 } : {},
  })
}

function shorten(name: string): string {
  return name.length <= SHOWN_LENGTH_MAX ? name : `${name.slice(0, SHOWN_LENGTH_MAX - 1)}…`
}
