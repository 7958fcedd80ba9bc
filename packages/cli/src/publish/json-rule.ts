/**
 * What `--ndjson` asks of a line: that it is JSON, and holds the key if one was named.
 *
 * The line is stored as it is; parsing only checks it. Strict about the key field too: a name that is
 * misspelt would otherwise go unnoticed and every record have no key.
 */

import { CommandError } from '../command-error.js'
import { type ByteRange } from './byte-range.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/**
 * Checks that line `lineNumber` is JSON; returns the key of its record, undefined without a `keyField`.
 *
 * @throws {CommandError} BAD_INPUT, naming the line
 */
export function checkJsonLine(
  line: ByteRange,
  lineNumber: number,
  keyField: string | undefined,
): Uint8Array | undefined {
  const value = parse(line, lineNumber)
  return keyField === undefined ? undefined : keyOf(value, keyField, lineNumber)
}

function parse({ bytes, start, end }: ByteRange, lineNumber: number): unknown {
  try {
    return JSON.parse(utf8.decode(bytes.subarray(start, end)))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError('BAD_INPUT', `line ${lineNumber} is not JSON: ${reason}`, { cause })
  }
}

function keyOf(value: unknown, keyField: string, lineNumber: number): Uint8Array {
  const key = isObject(value) && Object.hasOwn(value, keyField) ? value[keyField] : undefined
  if (typeof key === 'string' && key !== '') return encoder.encode(key)
  if (typeof key === 'number') return encoder.encode(String(key))
  const actual = key === undefined ? 'has no' : 'has no text or number in the'
  throw new CommandError('BAD_INPUT', `line ${lineNumber} ${actual} key field "${keyField}"`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
