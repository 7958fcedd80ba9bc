/**
 * CLOSE_CHANNEL and CHANNEL_CLOSED: the end of a producer or a subscription, asked for by the client.
 *
 * The channel is in the prefix of both; the bodies are empty maps.
 */

import { Fields } from '../fields.js'

/** Body of CLOSE_CHANNEL: nothing yet. */
export type CloseChannelRequest = Readonly<Record<string, never>>

/** Body of CHANNEL_CLOSED: nothing yet. */
export type CloseChannelReply = Readonly<Record<string, never>>

/**
 * Decodes the body of a CLOSE_CHANNEL request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when the body is not a map.
 */
export function decodeCloseChannelRequest(body: Uint8Array): CloseChannelRequest {
  Fields.decode(body, 'CLOSE_CHANNEL')
  return {}
}

/**
 * Decodes the body of a CLOSE_CHANNEL reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when the body is not a map.
 */
export function decodeCloseChannelReply(body: Uint8Array): CloseChannelReply {
  Fields.decode(body, 'CHANNEL_CLOSED')
  return {}
}
