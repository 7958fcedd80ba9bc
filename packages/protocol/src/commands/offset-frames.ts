/**
 * CREDIT and CAUGHT_UP: one unsigned 64-bit number on a subscription's channel.
 */

import { readU64, writeU64 } from '../bytes.js'
import { FRAME_PREFIX_BYTES, writeFramePrefix } from '../frames/frame.js'
import { FrameType } from '../frames/frame-type.js'
import { assertInteger, malformed } from '../malformed.js'

/** Bytes of the body of a CREDIT or a CAUGHT_UP. */
export const OFFSET_BODY_BYTES = 8

/** The frames whose body is a single number. */
export type OffsetFrameName = 'CREDIT' | 'CAUGHT_UP'

/**
 * Makes a CREDIT: DELIVER bodies on `channel` may now come to `limitBytes` in all, counted from the
 * start of the subscription.
 */
export function encodeCreditFrame(channel: number, limitBytes: number): Uint8Array<ArrayBuffer> {
  return encodeOffsetFrame('CREDIT', channel, limitBytes)
}

/** Makes a CAUGHT_UP: every record below `visibleOffset` has been sent. */
export function encodeCaughtUpFrame(
  channel: number,
  visibleOffset: number,
): Uint8Array<ArrayBuffer> {
  return encodeOffsetFrame('CAUGHT_UP', channel, visibleOffset)
}

/** Makes one of these frames. Throws RangeError when a field does not fit. */
export function encodeOffsetFrame(
  name: OffsetFrameName,
  channel: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  assertInteger('value', value, { max: Number.MAX_SAFE_INTEGER })
  const frame = new Uint8Array(FRAME_PREFIX_BYTES + OFFSET_BODY_BYTES)
  writeFramePrefix(frame, 0, { type: FrameType[name], channel })
  writeU64(frame, FRAME_PREFIX_BYTES, value)
  return frame
}

/**
 * Decodes the body of a CREDIT, which goes from `start` to the end of `bytes`: the cumulative limit.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when not 8 bytes, or above 2^53 − 1.
 */
export function decodeCreditBody(bytes: Uint8Array, start = 0): number {
  return decodeOffset(bytes, start, 'CREDIT')
}

/**
 * Decodes the body of a CAUGHT_UP, which goes from `start` to the end of `bytes`: the visible offset.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when not 8 bytes, or above 2^53 − 1.
 */
export function decodeCaughtUpBody(bytes: Uint8Array, start = 0): number {
  return decodeOffset(bytes, start, 'CAUGHT_UP')
}

function decodeOffset(bytes: Uint8Array, start: number, name: OffsetFrameName): number {
  const bodyBytes = bytes.byteLength - start
  if (bodyBytes !== OFFSET_BODY_BYTES) {
    throw malformed(`body is ${bodyBytes} bytes, must be ${OFFSET_BODY_BYTES} (${name})`, {
      bodyBytes,
    })
  }
  const value = readU64(bytes, start)
  if (value > Number.MAX_SAFE_INTEGER) {
    throw malformed(
      `body is above ${Number.MAX_SAFE_INTEGER}, the highest number there is (${name})`,
    )
  }
  return value
}
