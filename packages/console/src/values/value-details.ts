/**
 * A value in full, for the details of one record: laid out, but still bounded.
 *
 * A value may have megabytes; nobody reads them on a screen. What is left out is said, and the reader
 * can have the whole value as a file.
 */

import type { ValueFormat } from '../route/hash-route.js'
import { formatBytes } from '../text/quantities.js'
import { hexDump, type HexDumpRow } from './hex.js'
import { jsonBlock } from './json-tokens.js'
import {
  readValue,
  type DecodeMessagePack,
  type ValueKind,
  type ValueReading,
} from './value-reading.js'
import { escapeInvisible, textOf, type ValueToken } from './value-token.js'

/** A value laid out. */
export interface ValueDetails {
  readonly kind: ValueKind
  readonly body:
    | { readonly form: 'tokens'; readonly tokens: readonly ValueToken[] }
    | { readonly form: 'dump'; readonly rows: readonly HexDumpRow[] }
  /** What is missing, or why the value is not shown as asked. */
  readonly note: string | undefined
}

const PARSE_BYTES_MAX = 1024 * 1024
const TEXT_CHARACTERS_MAX = 256 * 1024
/** Colours cost an element for every few characters. */
const COLOURED_CHARACTERS_MAX = 64 * 1024
const DUMP_BYTES_MAX = 4 * 1024

/** Lays a value out. Never throws. */
export function detailValue(
  bytes: Uint8Array,
  format: ValueFormat,
  decodeMessagePack: DecodeMessagePack,
): ValueDetails {
  const reading = readValue(bytes, { format, decodeMessagePack, parseBytesMax: PARSE_BYTES_MAX })
  switch (reading.kind) {
    case 'empty':
      return {
        kind: 'empty',
        body: { form: 'tokens', tokens: [] },
        note: 'The value has no bytes.',
      }
    case 'json':
    case 'msgpack':
      return withTokens(reading, bytes, jsonTokens)
    case 'text':
      return withTokens(reading, bytes, plainTokens)
    case 'binary':
      return {
        kind: 'binary',
        body: { form: 'dump', rows: hexDump(bytes.subarray(0, DUMP_BYTES_MAX)) },
        note: binaryNote(bytes, reading.problem),
      }
  }
}

function withTokens(
  { kind, source }: Extract<ValueReading, { source: string }>,
  bytes: Uint8Array,
  tokenize: (source: string) => readonly ValueToken[],
): ValueDetails {
  const shown = source.slice(0, TEXT_CHARACTERS_MAX)
  // A long value was read only from the front.
  const isWhole = shown.length === source.length && bytes.length <= PARSE_BYTES_MAX
  const note = isWhole ? undefined : `Only the front of ${formatBytes(bytes.length)} is shown.`
  return { kind, body: { form: 'tokens', tokens: tokenize(shown) }, note }
}

function jsonTokens(source: string): readonly ValueToken[] {
  const tokens = jsonBlock(source)
  if (source.length <= COLOURED_CHARACTERS_MAX) return tokens
  return [{ kind: 'text', text: textOf(tokens) }]
}

/** Text with its lines and tabs; everything else that cannot be seen is written out. */
function plainTokens(source: string): readonly ValueToken[] {
  const text = source
    .split(/(\r?\n|\t)/)
    .map((part, index) => (index % 2 === 0 ? escapeInvisible(part) : part))
    .join('')
  return [{ kind: 'text', text }]
}

function binaryNote(bytes: Uint8Array, problem: string | undefined): string | undefined {
  const notes = []
  if (problem !== undefined) notes.push(`The value is ${problem}.`)
  if (bytes.length > DUMP_BYTES_MAX) {
    notes.push(`Only ${formatBytes(DUMP_BYTES_MAX)} of ${formatBytes(bytes.length)} are shown.`)
  }
  return notes.length === 0 ? undefined : notes.join(' ')
}
