/**
 * ERROR: a registered error on its way to the other side.
 *
 * Flags say what it concerns: a request (the argument is its id), a channel (the argument is the
 * ordinal of the first batch that will not be acknowledged; 0 for a subscription), or the connection.
 */

import {
  ERROR_REGISTRY,
  errorFromWire,
  type ErrorCode,
  type ErrorDetails,
  type TailraceError,
} from '@tailrace/format'

import { Fields } from '../fields.js'
import { FRAME_PREFIX_BYTES, writeFramePrefix, type FrameFields } from '../frames/frame.js'
import { FrameType } from '../frames/frame-type.js'
import { STRING_LENGTH_MAX } from '../limits.js'
import { encodeControl } from '../messagepack/control-codec.js'

/** The error answers the request whose id is the argument. */
export const ERROR_FLAG_REQUEST = 0b01

/** The error concerns the channel in the prefix, which is closed by it. */
export const ERROR_FLAG_CHANNEL = 0b10

/** Body of ERROR. */
export interface ErrorBody {
  /** The registered number; 0 for an error that has none. */
  readonly code: number
  readonly message: string
  readonly details: ErrorDetails
}

/** The number of an error that has none of its own. */
export const ERROR_NUMBER_NONE = 0

const DETAILS_COUNT_MAX = 64
const DETAILS_DEPTH_MAX = 3

/**
 * Makes an ERROR of an error. Its cause and stack stay here; a long message is cut, and details are
 * reduced to plain numbers, strings, booleans, null, arrays and maps.
 */
export function encodeErrorFrame(
  error: TailraceError,
  fields: FrameFields = {},
): Uint8Array<ArrayBuffer> {
  const body: ErrorBody = {
    code: wireNumberOf(error.code),
    message: error.message.slice(0, STRING_LENGTH_MAX),
    details: plainDetails(error.details),
  }
  const frame = encodeControl(body, FRAME_PREFIX_BYTES)
  writeFramePrefix(frame, 0, { ...fields, type: FrameType.ERROR })
  return frame
}

/**
 * Decodes the body of an ERROR into the error it stands for: `UNKNOWN_SERVER_ERROR` for a number that
 * this version does not know.
 *
 * @throws {ProtocolError} MALFORMED_FRAME, naming the field.
 */
export function decodeErrorBody(body: Uint8Array): TailraceError {
  const fields = Fields.decode(body, 'ERROR')
  return errorFromWire(
    fields.integer('code', { max: 0xffff }),
    fields.string('message'),
    fields.rawMap('details'),
  )
}

function wireNumberOf(code: ErrorCode): number {
  return ERROR_REGISTRY[code].number ?? ERROR_NUMBER_NONE
}

function plainDetails(details: ErrorDetails): Record<string, unknown> {
  return plainMap(details, DETAILS_DEPTH_MAX)
}

function plainMap(map: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map)
      .slice(0, DETAILS_COUNT_MAX)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key.slice(0, STRING_LENGTH_MAX), plainValue(value, depth)]),
  )
}

function plainValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return value
    case 'string':
      return value.slice(0, STRING_LENGTH_MAX)
    case 'object':
      if (value === null) return null
      if (depth <= 1) return '…'
      if (Array.isArray(value)) {
        return value.slice(0, DETAILS_COUNT_MAX).map((item) => plainValue(item, depth - 1))
      }
      return value instanceof Error
        ? value.message.slice(0, STRING_LENGTH_MAX)
        : plainMap(value, depth - 1)
    default:
      return String(value).slice(0, STRING_LENGTH_MAX)
  }
}
