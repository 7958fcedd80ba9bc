/**
 * HELLO and WELCOME: the first two frames of a connection.
 *
 * The client says what it speaks, the server picks and says what it will put up with.
 */

import { Fields } from '../fields.js'
import type { ConnectionLimits } from '../limits.js'

/** Body of HELLO. */
export interface HelloRequest {
  /** Versions of the protocol the client speaks, at least one. */
  readonly protocols: readonly number[]
  /** Name and version of the client, for logs: `my-app/1.2.0`. */
  readonly client: string
}

/** Body of WELCOME. */
export interface WelcomeReply {
  /** The version used from here on, one of those offered. */
  readonly protocol: number
  /** Name and version of the server, for logs. */
  readonly server: string
  /** Which server this is: stays the same over restarts on one data directory. */
  readonly serverId: string
  readonly limits: ConnectionLimits
  /** Optional parts of the protocol this server has. */
  readonly features: readonly string[]
}

const LIMIT_MAX = 0xffff_ffff

/**
 * Decodes the body of a HELLO request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeHelloRequest(body: Uint8Array): HelloRequest {
  const fields = Fields.decode(body, 'HELLO')
  const protocols = fields.integers('protocols', { min: 1, max: 0xffff })
  if (protocols.length === 0) throw fields.fault('protocols', 'an array of at least 1')
  return { protocols, client: fields.string('client') }
}

/**
 * Decodes the body of a WELCOME reply.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeWelcomeReply(body: Uint8Array): WelcomeReply {
  const fields = Fields.decode(body, 'WELCOME')
  return {
    protocol: fields.integer('protocol', { min: 1, max: 0xffff }),
    server: fields.string('server'),
    serverId: fields.string('serverId'),
    limits: decodeLimits(fields.map('limits')),
    features: fields.strings('features'),
  }
}

function decodeLimits(fields: Fields): ConnectionLimits {
  const atLeastOne = { min: 1, max: LIMIT_MAX }
  return {
    frameBytesMax: fields.integer('frameBytesMax', atLeastOne),
    batchBytesMax: fields.integer('batchBytesMax', atLeastOne),
    windowBytesMax: fields.integer('windowBytesMax', { min: 1 }),
    inFlightBatchesMax: fields.integer('inFlightBatchesMax', atLeastOne),
    heartbeatMs: fields.integer('heartbeatMs', atLeastOne),
    channelsMax: fields.integer('channelsMax', { min: 1, max: 0xffff }),
  }
}
