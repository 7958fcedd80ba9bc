/** HELLO to WELCOME: the first frame of a connection, which is answered or ends it. */

import { ProtocolError } from '@tailrace/format'
import {
  checkFrameSize,
  chooseProtocolVersion,
  decodeFrame,
  decodeHelloRequest,
  encodeControlFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  frameName,
  HANDSHAKE_FRAME_BYTES_MAX,
  PROTOCOL_VERSIONS,
  readFrameType,
  type HelloRequest,
} from '@tailrace/protocol'

import type { ServerIdentity } from '../server-identity.js'
import { connectionLimitsOf, type ServerLimits } from '../server-limits.js'

/** Bytes of a WebSocket header in front of a masked message, at most. */
const MESSAGE_HEADER_BYTES_MAX = 14

/** Bytes that a client may have sent before it must have said HELLO. */
export const BYTES_BEFORE_HELLO_MAX = HANDSHAKE_FRAME_BYTES_MAX + MESSAGE_HEADER_BYTES_MAX

/** A HELLO that can be answered. */
export interface AcceptedHello {
  readonly hello: HelloRequest
  readonly welcome: Uint8Array
}

/**
 * Reads the first message of a connection and makes the answer.
 *
 * @throws {ProtocolError} FRAME_TOO_LARGE, MALFORMED_FRAME, HANDSHAKE_REQUIRED when it is another command,
 *   UNSUPPORTED_PROTOCOL_VERSION. Each ends the connection.
 */
export function acceptHello(
  message: Uint8Array,
  identity: ServerIdentity,
  limits: ServerLimits,
): AcceptedHello {
  checkFrameSize(message.byteLength, HANDSHAKE_FRAME_BYTES_MAX)
  if (message.byteLength >= FRAME_PREFIX_BYTES && readFrameType(message) !== FrameType.HELLO) {
    throw helloRequired(readFrameType(message))
  }
  const frame = decodeFrame(message, 'server')
  const hello = decodeHelloRequest(frame.body)
  const protocol = chooseProtocolVersion(hello.protocols)
  if (protocol === undefined) throw unsupportedVersion(hello)
  const welcome = encodeControlFrame(
    FrameType.WELCOME,
    { argument: frame.argument },
    { ...identity, protocol, limits: connectionLimitsOf(limits), features: [] },
  )
  return { hello, welcome }
}

/** The client let the time for HELLO pass. */
export function helloTooLate(helloTimeoutMs: number): ProtocolError {
  return new ProtocolError(
    'HANDSHAKE_REQUIRED',
    `no HELLO came within ${helloTimeoutMs} ms of the connection`,
    { details: { helloTimeoutMs } },
  )
}

/** The client has sent more than a HELLO could be, and HELLO was not in it. */
export function helloTooLarge(): ProtocolError {
  return new ProtocolError(
    'FRAME_TOO_LARGE',
    `the first frame is larger than ${HANDSHAKE_FRAME_BYTES_MAX} bytes, the limit before WELCOME`,
    { details: { frameBytesMax: HANDSHAKE_FRAME_BYTES_MAX } },
  )
}

function helloRequired(type: number): ProtocolError {
  return new ProtocolError(
    'HANDSHAKE_REQUIRED',
    `the first frame is ${frameName(type)}, must be HELLO`,
    { details: { type } },
  )
}

function unsupportedVersion(hello: HelloRequest): ProtocolError {
  return new ProtocolError(
    'UNSUPPORTED_PROTOCOL_VERSION',
    `the client speaks protocol ${hello.protocols.join(', ')}, ` +
      `the server ${PROTOCOL_VERSIONS.join(', ')}`,
    { details: { offered: hello.protocols, supported: PROTOCOL_VERSIONS } },
  )
}
