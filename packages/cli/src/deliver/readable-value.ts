/**
 * A value as something that can be shown: JSON, text, or base64 for bytes that are neither.
 *
 * Only objects and arrays count as JSON. A line of a text file that happens to be `42` or `true` stays
 * text, so that the values of such a stream are all of one type.
 */

import { msgpack } from '@tailrace/client'

/** How values are taken: as what they look like, or as MessagePack, the client's default codec. */
export type ValueCodec = 'auto' | 'msgpack'

/** A value, and what it turned out to be. */
export interface ReadableValue {
  readonly encoding: 'json' | 'utf8' | 'base64' | 'msgpack'
  /** One line of JSON for `json` and `msgpack`; the text, or base64, for the others. */
  readonly text: string
}

const OPENING_BRACE = 0x7b
const OPENING_BRACKET = 0x5b

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Finds out how `value` can be shown; never throws. */
export function readValue(value: Uint8Array, codec: ValueCodec): ReadableValue {
  const unpacked = codec === 'msgpack' ? unpack(value) : undefined
  if (unpacked !== undefined) return { encoding: 'msgpack', text: unpacked }
  const text = decodeText(value)
  if (text === undefined) return { encoding: 'base64', text: toBase64(value) }
  if (!isContainer(value) || !isJson(text)) return { encoding: 'utf8', text }
  // A line break can only stand between the tokens of JSON, where a space means the same.
  return { encoding: 'json', text: text.replaceAll(/[\r\n]/g, ' ') }
}

/** Bytes as text if they are UTF-8, else as base64. */
export function readBytes(bytes: Uint8Array): string {
  return decodeText(bytes) ?? toBase64(bytes)
}

/** Stored headers: what the client wrote, as an object; anything else as {@link readBytes} shows it. */
export function readHeaders(bytes: Uint8Array): unknown {
  const unpacked = unpack(bytes)
  return unpacked?.startsWith('{') === true ? JSON.parse(unpacked) : readBytes(bytes)
}

function isContainer([first]: Uint8Array): boolean {
  return first === OPENING_BRACE || first === OPENING_BRACKET
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // Not UTF-8: to be shown in another way.
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // Text that only begins like JSON.
  }
}

/** MessagePack as JSON: bytes as base64, integers beyond 2^53 as text. */
function unpack(bytes: Uint8Array): string | undefined {
  try {
    return JSON.stringify(msgpack.decode(bytes), replaceValue)
  } catch {
    return undefined // Not MessagePack: shown as what it looks like.
  }
}

function replaceValue(this: unknown, key: string, converted: unknown): unknown {
  // A Buffer has been converted by its own `toJSON` when it arrives here; the holder has it whole.
  const value = (this as Record<string, unknown>)[key]
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return toBase64(value)
  return converted
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
