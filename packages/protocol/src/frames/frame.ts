/**
 * The prefix in front of every frame, and frames as values.
 *
 * ```
 *  at  size  field
 *   0   1    type       which command (FrameType)
 *   1   1    flags      meaning depends on the type; bits without a meaning are 0
 *   2   2    channel    producer or subscription; 0 = the connection
 *   4   4    argument   request id, ordinal or nonce, depending on the type
 *   8        body
 * ```
 *
 * Two ways to read: `decodeFrame` for code that wants an object, and `checkFrame` followed by
 * `readFrame…` for the hot path, which allocates nothing. Eight bytes in front keep the batches
 * behind them aligned in a browser, where a message begins a buffer of its own.
 */

import { ProtocolError } from '@tailrace/format'

import { readU16, readU32, writeU16, writeU32 } from '../bytes.js'
import { assertInteger, malformed } from '../malformed.js'
import { commandOf, frameName, isReceivedBy, type PeerRole } from './command-table.js'
import type { FrameTypeNumber } from './frame-type.js'

const TYPE_AT = 0
const FLAGS_AT = TYPE_AT + 1
const CHANNEL_AT = FLAGS_AT + 1
const ARGUMENT_AT = CHANNEL_AT + 2

/** Bytes in front of every frame's body. */
export const FRAME_PREFIX_BYTES = ARGUMENT_AT + 4

/** The highest channel number. */
export const CHANNEL_MAX = 0xffff

/** The highest request id, ordinal or nonce. */
export const ARGUMENT_MAX = 0xffff_ffff

/** The channel of frames that concern the connection. */
export const CONNECTION_CHANNEL = 0

/** The fields of a prefix besides its type. Each is 0 unless given. */
export interface FrameFields {
  readonly flags?: number | undefined
  readonly channel?: number | undefined
  readonly argument?: number | undefined
}

/** A frame, decoded as far as its prefix. */
export interface Frame {
  readonly type: FrameTypeNumber
  readonly flags: number
  readonly channel: number
  readonly argument: number
  /** A view of the message's bytes, valid as long as those are. */
  readonly body: Uint8Array
}

/**
 * Writes a prefix into the 8 bytes of `target` from `at`.
 *
 * @throws {RangeError} a field does not fit, or `target` has no room for it.
 */
export function writeFramePrefix(
  target: Uint8Array,
  at: number,
  prefix: FrameFields & { readonly type: FrameTypeNumber },
): void {
  const { type, flags = 0, channel = 0, argument = 0 } = prefix
  assertInteger('flags', flags, { max: 0xff })
  assertInteger('channel', channel, { max: CHANNEL_MAX })
  assertInteger('argument', argument, { max: ARGUMENT_MAX })
  assertInteger('position of the prefix', at, { max: target.byteLength - FRAME_PREFIX_BYTES })
  target[at + TYPE_AT] = type
  target[at + FLAGS_AT] = flags
  writeU16(target, at + CHANNEL_AT, channel)
  writeU32(target, at + ARGUMENT_AT, argument)
}

/** Makes a frame of a prefix and a copy of `body` (none if not given). */
export function encodeFrame(
  type: FrameTypeNumber,
  fields: FrameFields,
  body?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_PREFIX_BYTES + (body?.byteLength ?? 0))
  const { flags, channel, argument } = fields
  writeFramePrefix(frame, 0, { type, flags, channel, argument })
  if (body !== undefined) frame.set(body, FRAME_PREFIX_BYTES)
  return frame
}

/**
 * Checks that `bytes` begin with a prefix whose type is known and, with a `receiver`, one that this
 * side may be sent. After it the `readFrame…` functions are safe. Allocates nothing.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when shorter than a prefix; UNKNOWN_COMMAND when the type is
 *   not in the table or only ever goes the other way.
 */
export function checkFrame(bytes: Uint8Array, receiver?: PeerRole): void {
  if (bytes.byteLength < FRAME_PREFIX_BYTES) {
    throw malformed(`frame is ${bytes.byteLength} bytes, must be at least ${FRAME_PREFIX_BYTES}`, {
      neededBytes: FRAME_PREFIX_BYTES,
      availableBytes: bytes.byteLength,
    })
  }
  const type = readFrameType(bytes)
  if (commandOf(type) === undefined) {
    throw unknownCommand(type, `frame type ${frameName(type)} is not known to protocol version 1`)
  }
  if (receiver !== undefined && !isReceivedBy(type, receiver)) {
    throw unknownCommand(
      type,
      `frame type ${frameName(type)} is not one that a ${receiver} is sent`,
    )
  }
}

/**
 * Checks a frame's size, prefix included, against a limit.
 *
 * @throws {ProtocolError} FRAME_TOO_LARGE when `frameBytes` is above `frameBytesMax`.
 */
export function checkFrameSize(frameBytes: number, frameBytesMax: number): void {
  if (frameBytes <= frameBytesMax) return
  throw new ProtocolError(
    'FRAME_TOO_LARGE',
    `frame is ${frameBytes} bytes, must be at most ${frameBytesMax}`,
    { details: { frameBytes, frameBytesMax } },
  )
}

/**
 * Decodes the prefix; the body is left as a view of `bytes`.
 *
 * @throws {ProtocolError} as `checkFrame`.
 */
export function decodeFrame(bytes: Uint8Array, receiver?: PeerRole): Frame {
  checkFrame(bytes, receiver)
  return {
    type: readFrameType(bytes),
    flags: readFrameFlags(bytes),
    channel: readFrameChannel(bytes),
    argument: readFrameArgument(bytes),
    body: bytes.subarray(FRAME_PREFIX_BYTES),
  }
}

/** Reads the type of a frame that passed `checkFrame`. */
export function readFrameType(bytes: Uint8Array): FrameTypeNumber {
  return bytes[TYPE_AT] as FrameTypeNumber
}

/** Reads the flags of a frame that passed `checkFrame`. */
export function readFrameFlags(bytes: Uint8Array): number {
  return bytes[FLAGS_AT] ?? 0
}

/** Reads the channel of a frame that passed `checkFrame`. */
export function readFrameChannel(bytes: Uint8Array): number {
  return readU16(bytes, CHANNEL_AT)
}

/** Reads the argument of a frame that passed `checkFrame`. */
export function readFrameArgument(bytes: Uint8Array): number {
  return readU32(bytes, ARGUMENT_AT)
}

function unknownCommand(type: number, message: string): ProtocolError {
  return new ProtocolError('UNKNOWN_COMMAND', message, { details: { type } })
}
