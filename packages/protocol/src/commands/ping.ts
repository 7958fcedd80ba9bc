/**
 * PING and PONG: liveness that both ends can see.
 *
 * A browser shows a page neither the pings of WebSocket nor those of TCP. Both frames are a bare
 * prefix whose argument is the nonce.
 */

import { encodeFrame } from '../frames/frame.js'
import { FrameType } from '../frames/frame-type.js'
import { malformed } from '../malformed.js'

/** Makes a PING; the answer carries the same nonce (0 to 2^32 − 1). */
export function encodePingFrame(nonce: number): Uint8Array<ArrayBuffer> {
  return encodeFrame(FrameType.PING, { argument: nonce })
}

/** Makes the PONG that answers a PING with this nonce. */
export function encodePongFrame(nonce: number): Uint8Array<ArrayBuffer> {
  return encodeFrame(FrameType.PONG, { argument: nonce })
}

/**
 * Checks that a PING or PONG has no body.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when it has.
 */
export function checkEmptyBody(body: Uint8Array, command: 'PING' | 'PONG'): void {
  if (body.byteLength === 0) return
  throw malformed(`body is ${body.byteLength} bytes, must be empty (${command})`, {
    bodyBytes: body.byteLength,
  })
}
