/**
 * The codecs whose bytes are UTF-8: plain text, and JSON.
 */

import type { Codec, EncodedRange, UntypedCodec } from './codec.js'
import { Utf8 } from './utf8.js'

class TextCodec implements Codec<string> {
  readonly name = 'text'
  readonly #utf8 = new Utf8()

  encode(value: string): Uint8Array {
    return this.#utf8.encode(checkedText(value))
  }

  encodeInto(value: string, target: EncodedRange): void {
    this.#utf8.encodeInto(checkedText(value), target)
  }

  decode(bytes: Uint8Array): string {
    return this.#utf8.decodeRange(bytes, 0, bytes.byteLength)
  }

  decodeRange(bytes: Uint8Array, start: number, end: number): string {
    return this.#utf8.decodeRange(bytes, start, end)
  }
}

class JsonCodec implements UntypedCodec {
  readonly name = 'json'
  readonly #utf8 = new Utf8()

  encode(value: unknown): Uint8Array {
    return this.#utf8.encode(stringify(value))
  }

  encodeInto(value: unknown, target: EncodedRange): void {
    this.#utf8.encodeInto(stringify(value), target)
  }

  decode(bytes: Uint8Array): never {
    return this.decodeRange(bytes, 0, bytes.byteLength)
  }

  decodeRange(bytes: Uint8Array, start: number, end: number): never {
    return JSON.parse(this.#utf8.decodeRange(bytes, start, end)) as never
  }
}

function checkedText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`the text codec takes strings, not ${typeof value}`)
}

function stringify(value: unknown): string {
  // Undefined for a function, a symbol and undefined itself, whatever its declared type says.
  const text = JSON.stringify(value) as string | undefined
  if (text !== undefined) return text
  throw new TypeError(`a value of type ${typeof value} has no JSON`)
}

/** Values are strings, stored as UTF-8. Bytes that are not UTF-8 do not decode. */
export const text: Codec<string> = new TextCodec()

/** Values are whatever `JSON.stringify` takes, stored as JSON in UTF-8. */
export const json: UntypedCodec = new JsonCodec()
