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

const DETAILS_VALUES_MAX = 64
const DETAILS_DEPTH_MAX = 3
const DETAILS_TEXT_LENGTH_MAX = 256

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
    details: new PlainDetails().map(error.details, 1),
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

/**
 * Copies what MessagePack can hold. Bounded in width, depth and length of strings, so that details
 * that are huge or refer to themselves make a frame that a peer takes.
 */
class PlainDetails {
  private valuesLeft = DETAILS_VALUES_MAX

  map(source: object, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined) continue
      if (this.valuesLeft === 0) break
      entries.push([cut(key), this.value(value, depth)])
    }
    return Object.fromEntries(entries)
  }

  private value(value: unknown, depth: number): unknown {
    this.valuesLeft -= 1
    switch (typeof value) {
      case 'number':
      case 'boolean':
        return value
      case 'string':
        return cut(value)
      case 'bigint':
        return cut(value.toString())
      case 'object':
        return value === null ? null : this.object(value, depth)
      default:
        return `(${typeof value})`
    }
  }

  private object(value: object, depth: number): unknown {
    if (value instanceof Error) return cut(value.message)
    if (depth === DETAILS_DEPTH_MAX) return '…'
    return Array.isArray(value) ? this.array(value, depth + 1) : this.map(value, depth + 1)
  }

  private array(source: readonly unknown[], depth: number): unknown[] {
    const items: unknown[] = []
    for (const item of source) {
      if (this.valuesLeft === 0) break
      items.push(this.value(item, depth))
    }
    return items
  }
}

function cut(text: string): string {
  return text.slice(0, DETAILS_TEXT_LENGTH_MAX)
}
