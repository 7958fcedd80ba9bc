/**
 * DELETE and DELETED: a stream and everything in it, for good.
 */

import { Fields } from '../fields.js'

/** Body of DELETE. */
export interface DeleteRequest {
  readonly stream: string
}

/** Body of DELETED: nothing yet. */
export type DeleteReply = Readonly<Record<string, never>>

/**
 * Decodes the body of a DELETE request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeDeleteRequest(body: Uint8Array): DeleteRequest {
  return { stream: Fields.decode(body, 'DELETE').string('stream') }
}

/**
 * Decodes the body of a DELETE reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when the body is not a map.
 */
export function decodeDeleteReply(body: Uint8Array): DeleteReply {
  Fields.decode(body, 'DELETED')
  return {}
}
