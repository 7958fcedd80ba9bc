/**
 * Control messages to MessagePack and back.
 *
 * msgpackr does the work, set to standard MessagePack (`useRecords: false`: its records are an
 * extension of its own and the only part of it that compiles code, so this runs under a Content
 * Security Policy without `unsafe-eval`). Its entry point `msgpackr/pack` brings neither streams nor the
 * native string extractor, so the same code runs in browsers and in Node.
 *
 * Hostile bytes never reach it: `checkMessagePack` goes first. Binary values in a decoded message are
 * views of the body, not copies; as long as one is kept, so is the whole message.
 */

import type { Packr } from 'msgpackr'
import { Packr as PackrClass } from 'msgpackr/pack'

import { CONTROL_BODY_BYTES_MAX } from '../limits.js'
import { malformed } from '../malformed.js'
import { checkMessagePack } from './check-message-pack.js'

/** A decoded map: the keys are strings, the values have not been looked at. */
export type WireMap = Readonly<Record<string, unknown>>

/** The declarations of `msgpackr/pack` lead nowhere for ESM; those of `msgpackr` are the same class. */
const TypedPackr = PackrClass as unknown as typeof Packr

const packr = new TypedPackr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
  useToJSON: false,
  structuredClone: false,
})

/**
 * Encodes a control message, leaving `prefixBytes` zero bytes in front of it.
 *
 * The result is a fresh array of its own. Fields that are `undefined` are left out, at every depth.
 *
 * @throws {TypeError} the message holds something that MessagePack has no plain type for.
 */
export function encodeControl(message: object, prefixBytes: number): Uint8Array<ArrayBuffer> {
  const packed: Uint8Array = packr.pack(plainCopy(message))
  const frame = new Uint8Array(prefixBytes + packed.byteLength)
  frame.set(packed, prefixBytes)
  return frame
}

/**
 * Decodes the body of a control frame into a map.
 *
 * @throws {ProtocolError} MALFORMED_FRAME when larger than `CONTROL_BODY_BYTES_MAX`, not plain
 *   MessagePack (see `checkMessagePack`) or not a map. `command` names the frame in messages.
 */
export function decodeControl(body: Uint8Array, command: string): WireMap {
  if (body.byteLength > CONTROL_BODY_BYTES_MAX) {
    throw malformed(
      `body is ${body.byteLength} bytes, must be at most ${CONTROL_BODY_BYTES_MAX} (${command})`,
      { bodyBytes: body.byteLength, bodyBytesMax: CONTROL_BODY_BYTES_MAX },
    )
  }
  checkMessagePack(body, command)
  // A view of its own: msgpackr hangs a DataView on the array that it is given.
  const value: unknown = packr.unpack(body.subarray())
  if (!isWireMap(value)) throw malformed(`body is not a map (${command})`)
  return value
}

/** Whether a decoded value is a map, rather than nil, an array, binary or a scalar. */
export function isWireMap(value: unknown): value is WireMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  )
}

/** Copies what MessagePack has a plain type for; msgpackr would turn the rest into extensions. */
function plainCopy(value: unknown): unknown {
  if (value === null || value instanceof Uint8Array) return value
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'string':
      return value
    case 'object':
      if (Array.isArray(value)) return value.map(plainCopy)
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, field]) => field !== undefined)
          .map(([key, field]) => [key, plainCopy(field)]),
      )
    default:
      throw new TypeError(`cannot send a ${typeof value} in a control message`)
  }
}
