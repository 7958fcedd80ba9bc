/**
 * Finds out what a value's bytes are.
 *
 * A stream does not say how its values are encoded, so `auto` looks: text that is JSON, text,
 * MessagePack (what the client writes unless told otherwise), and if nothing fits, bytes. A wrong
 * guess harms nothing: the reader can name the format.
 */

import type { ValueFormat } from '../route/hash-route.js'
import { toJsonText } from './plain-json.js'

/** What a value was found, or told, to be. */
export type ValueKind = 'empty' | 'json' | 'msgpack' | 'text' | 'binary'

/** A value that has been understood. */
export type ValueReading =
  | { readonly kind: 'empty' }
  /** `source` is JSON, or for MessagePack text like it. */
  | { readonly kind: 'json' | 'msgpack'; readonly source: string }
  | { readonly kind: 'text'; readonly source: string }
  /** `problem` says why the bytes are not what the reader asked for. */
  | { readonly kind: 'binary'; readonly problem?: string }

/** Decodes MessagePack; throws when the bytes are none. */
export type DecodeMessagePack = (bytes: Uint8Array) => unknown

/** How to read a value. */
export interface ReadingOptions {
  readonly format: ValueFormat
  readonly decodeMessagePack: DecodeMessagePack
  /** Values longer than this are not parsed, only looked at from the front. */
  readonly parseBytesMax: number
}

/** Control characters that text does not have; those it has are tab, line ends, form feed, escape. */
const NOT_TEXT = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/

/** The first character of a JSON text, behind any space. */
const JSON_START = /^\s*[{["\d\-tfn]/
const JSON_CONTAINER_START = /^\s*[{[]/

/** Reads a value as `format` says. Never throws. */
export function readValue(bytes: Uint8Array, options: ReadingOptions): ValueReading {
  if (bytes.length === 0) return { kind: 'empty' }
  switch (options.format) {
    case 'auto':
      return readAny(bytes, options)
    case 'json':
      return readJson(bytes, options) ?? { kind: 'binary', problem: 'not JSON' }
    case 'text':
      return { kind: 'text', source: new TextDecoder().decode(bytes) }
    case 'msgpack':
      return readMessagePack(bytes, options) ?? { kind: 'binary', problem: 'not MessagePack' }
    case 'hex':
      return { kind: 'binary' }
  }
}

function readAny(bytes: Uint8Array, options: ReadingOptions): ValueReading {
  const source = decodeUtf8(bytes, options)
  if (source !== undefined && !NOT_TEXT.test(source)) {
    return isJson(source, bytes.length <= options.parseBytesMax)
      ? { kind: 'json', source }
      : { kind: 'text', source }
  }
  return readMessagePack(bytes, options) ?? { kind: 'binary' }
}

function readJson(bytes: Uint8Array, options: ReadingOptions): ValueReading | undefined {
  const source = decodeUtf8(bytes, options)
  if (source === undefined || !isJson(source, bytes.length <= options.parseBytesMax)) {
    return undefined
  }
  return { kind: 'json', source }
}

/** The value as text, or of a long one the front; undefined when that is not UTF-8. */
function decodeUtf8(bytes: Uint8Array, { parseBytesMax }: ReadingOptions): string | undefined {
  const isWhole = bytes.length <= parseBytesMax
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    // As a stream, a character that the cut goes through is left out instead of being wrong.
    return decoder.decode(bytes.subarray(0, parseBytesMax), { stream: !isWhole })
  } catch {
    return undefined
  }
}

function isJson(source: string, isWhole: boolean): boolean {
  if (!isWhole) return JSON_CONTAINER_START.test(source)
  if (!JSON_START.test(source)) return false
  try {
    JSON.parse(source)
    return true
  } catch {
    return false
  }
}

function readMessagePack(bytes: Uint8Array, options: ReadingOptions): ValueReading | undefined {
  if (bytes.length > options.parseBytesMax) return undefined
  try {
    const value = options.decodeMessagePack(bytes)
    return { kind: 'msgpack', source: toJsonText(value, options.parseBytesMax) }
  } catch {
    return undefined
  }
}
