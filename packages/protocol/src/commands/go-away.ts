/**
 * GOAWAY: the server is about to close, and asks its clients to come back at different times.
 */

import { Fields } from '../fields.js'

/** Body of GOAWAY. */
export interface GoAwayNotice {
  /** Milliseconds from now until the server closes the connection. */
  readonly afterMs: number
  /** A client waits a random time up to this many milliseconds before it connects again. */
  readonly jitterMs: number
  /** Why, for people. */
  readonly reason: string
}

/**
 * Decodes the body of a GO_AWAY notice.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeGoAwayNotice(body: Uint8Array): GoAwayNotice {
  const fields = Fields.decode(body, 'GOAWAY')
  return {
    afterMs: fields.integer('afterMs', { max: 0xffff_ffff }),
    jitterMs: fields.integer('jitterMs', { max: 0xffff_ffff }),
    reason: fields.string('reason'),
  }
}
