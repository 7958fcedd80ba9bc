/**
 * A value in one line, for the list.
 *
 * Made for every row that comes into view, up to some forty per frame, so it looks at little: a
 * value up to 16 KiB is understood as a whole, of a longer one the front.
 */

import type { ValueFormat } from '../route/hash-route.js'
import { hexOf } from './hex.js'
import { jsonLine } from './json-tokens.js'
import {
  readValue,
  type DecodeMessagePack,
  type ValueKind,
  type ValueReading,
} from './value-reading.js'
import { textTokens, type ValueToken } from './value-token.js'

/** A value in one line. */
export interface ValuePreview {
  readonly kind: ValueKind
  readonly tokens: readonly ValueToken[]
}

const PARSE_BYTES_MAX = 16 * 1024

/** More than fits on any screen's line. */
const CHARACTERS_MAX = 400
const HEX_BYTES_MAX = 96

const CUT: ValueToken = { kind: 'note', text: '…' }

/** Makes previews in one format. */
export class ValuePreviewer {
  readonly #format: ValueFormat
  readonly #decodeMessagePack: DecodeMessagePack

  constructor(format: ValueFormat, decodeMessagePack: DecodeMessagePack) {
    this.#format = format
    this.#decodeMessagePack = decodeMessagePack
  }

  /** Shows `bytes` in one line. Never throws. */
  preview(bytes: Uint8Array): ValuePreview {
    const reading = readValue(bytes, {
      format: this.#format,
      decodeMessagePack: this.#decodeMessagePack,
      parseBytesMax: PARSE_BYTES_MAX,
    })
    return { kind: reading.kind, tokens: lineOf(reading, bytes) }
  }
}

function lineOf(reading: ValueReading, bytes: Uint8Array): readonly ValueToken[] {
  switch (reading.kind) {
    case 'empty':
      return [{ kind: 'note', text: 'empty' }]
    case 'json':
    case 'msgpack':
      return cutSource(reading.source, jsonLine)
    case 'text':
      return cutSource(reading.source, textTokens)
    case 'binary':
      return hexLine(bytes, reading.problem)
  }
}

function cutSource(
  source: string,
  tokenize: (source: string) => ValueToken[],
): readonly ValueToken[] {
  if (source.length <= CHARACTERS_MAX) return tokenize(source)
  return [...tokenize(source.slice(0, CHARACTERS_MAX)), CUT]
}

function hexLine(bytes: Uint8Array, problem: string | undefined): readonly ValueToken[] {
  const tokens: ValueToken[] = []
  if (problem !== undefined) tokens.push({ kind: 'note', text: `${problem} ` })
  tokens.push({ kind: 'hex', text: hexOf(bytes.subarray(0, HEX_BYTES_MAX)) })
  if (bytes.length > HEX_BYTES_MAX) tokens.push(CUT)
  return tokens
}
