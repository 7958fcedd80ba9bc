/**
 * LIST and LISTED: the streams of a server by name, a page at a time.
 */

import { Fields } from '../fields.js'
import { LIST_LIMIT_MAX } from '../limits.js'
import { readStreamInfo, type StreamInfo } from './stream-info.js'

/** Body of LIST. */
export interface ListRequest {
  /** Only names that sort after this one (by UTF-16 units); the name itself need not exist. */
  readonly after?: string | undefined
  /** At most this many, from 1 to `LIST_LIMIT_MAX`; `LIST_LIMIT_DEFAULT` unless given. */
  readonly limit?: number | undefined
}

/** Body of LISTED. */
export interface ListReply {
  /** Sorted by name. */
  readonly streams: readonly StreamInfo[]
  /** Whether there are further names after the last of these. */
  readonly more: boolean
}

/**
 * Decodes the body of a LIST request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeListRequest(body: Uint8Array): ListRequest {
  const fields = Fields.decode(body, 'LIST')
  return {
    ...(fields.has('after') && { after: fields.string('after') }),
    ...(fields.has('limit') && { limit: fields.integer('limit', { min: 1, max: LIST_LIMIT_MAX }) }),
  }
}

/**
 * Decodes the body of a LIST reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeListReply(body: Uint8Array): ListReply {
  const fields = Fields.decode(body, 'LISTED')
  return { streams: fields.maps('streams').map(readStreamInfo), more: fields.boolean('more') }
}
