/**
 * Errors on their way to a client: what an operator may read, and a client must not, stays here.
 *
 * Core's errors name files and directories, which is right in a log and nobody's business outside
 * (P-ERR-4). Such an error is replaced by the sentence that its code stands for.
 */

import { createTailraceError, ERROR_REGISTRY, type TailraceError } from '@tailrace/format'
import { encodeErrorFrame, type FrameFields } from '@tailrace/protocol'

/** Details that say where something is on this machine. */
const PLACES: ReadonlySet<string> = new Set(['path', 'directory', 'file'])

/** Makes the ERROR frame of an error, without paths. */
export function errorFrame(error: TailraceError, fields: FrameFields = {}): Uint8Array {
  return encodeErrorFrame(withoutPlaces(error), fields)
}

/** The error itself, or one of the same code that does not say where its files are. */
export function withoutPlaces(error: TailraceError): TailraceError {
  const details = Object.entries(error.details)
  const harmless = details.filter(([name]) => !PLACES.has(name))
  if (harmless.length === details.length) return error
  return createTailraceError(error.code, ERROR_REGISTRY[error.code].summary, {
    details: Object.fromEntries(harmless),
  })
}
