/**
 * END: a subscription is over, by the server's account; the channel is closed.
 */

import { Fields } from '../fields.js'

/** Why: the stop was reached, the stream was deleted, or the server closes. */
export type EndReason = 'stop' | 'deleted' | 'closing'

/** Body of END. */
export interface EndNotice {
  readonly reason: EndReason
  /** The next offset that would have been delivered: where to resume. */
  readonly offset: number
}

const END_REASONS: readonly EndReason[] = ['stop', 'deleted', 'closing']

/**
 * Decodes the body of a END notice.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeEndNotice(body: Uint8Array): EndNotice {
  const fields = Fields.decode(body, 'END')
  return { reason: fields.oneOf('reason', END_REASONS), offset: fields.integer('offset') }
}
