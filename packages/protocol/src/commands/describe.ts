/**
 * DESCRIBE and DESCRIBED: where a stream begins and ends, and how it is configured.
 */

import { Fields } from '../fields.js'
import { readStreamInfo, type StreamInfo } from './stream-info.js'

/** Body of DESCRIBE. */
export interface DescribeRequest {
  readonly stream: string
}

/** Body of DESCRIBED. */
export type DescribeReply = StreamInfo

/**
 * Decodes the body of a DESCRIBE request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeDescribeRequest(body: Uint8Array): DescribeRequest {
  return { stream: Fields.decode(body, 'DESCRIBE').string('stream') }
}

/**
 * Decodes the body of a DESCRIBE reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeDescribeReply(body: Uint8Array): DescribeReply {
  return readStreamInfo(Fields.decode(body, 'DESCRIBED'))
}
