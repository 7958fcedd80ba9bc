/**
 * ENSURE and ENSURED: make a stream unless it is there.
 */

import { Fields } from '../fields.js'
import { DURABILITIES, readStreamInfo, type Durability, type StreamInfo } from './stream-info.js'

/** The configuration a client asks for; what it leaves out is the server's choice. */
export interface StreamConfigRequest {
  readonly durability?: Durability | undefined
  readonly flushIntervalMs?: number | undefined
  readonly segmentBytesMax?: number | undefined
  readonly retentionBytes?: number | undefined
  readonly retentionMs?: number | undefined
  readonly retentionRecords?: number | undefined
}

/** Body of ENSURE. */
export interface EnsureRequest {
  readonly stream: string
  readonly config?: StreamConfigRequest | undefined
}

/** Body of ENSURED. */
export interface EnsureReply {
  /** Whether this request made the stream. */
  readonly created: boolean
  readonly info: StreamInfo
}

/**
 * Decodes the body of a ENSURE request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeEnsureRequest(body: Uint8Array): EnsureRequest {
  const fields = Fields.decode(body, 'ENSURE')
  return {
    stream: fields.string('stream'),
    ...(fields.has('config') && { config: readConfigRequest(fields.map('config')) }),
  }
}

/**
 * Decodes the body of a ENSURE reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeEnsureReply(body: Uint8Array): EnsureReply {
  const fields = Fields.decode(body, 'ENSURED')
  return { created: fields.boolean('created'), info: readStreamInfo(fields.map('info')) }
}

function readConfigRequest(fields: Fields): StreamConfigRequest {
  const integer = <N extends string>(name: N): Partial<Record<N, number>> =>
    fields.has(name) ? ({ [name]: fields.integer(name) } as Record<N, number>) : {}
  return {
    ...(fields.has('durability') && { durability: fields.oneOf('durability', DURABILITIES) }),
    ...integer('flushIntervalMs'),
    ...integer('segmentBytesMax'),
    ...integer('retentionBytes'),
    ...integer('retentionMs'),
    ...integer('retentionRecords'),
  }
}
