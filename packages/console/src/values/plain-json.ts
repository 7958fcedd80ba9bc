/**
 * Any decoded value as JSON text, also where JSON has no word for it.
 *
 * MessagePack knows more than JSON: bytes, instants, maps with keys of any kind, integers beyond
 * 2^53. These become text that a reader understands, not text that a parser accepts. Bounded in depth
 * and length, because what a record holds is anybody's.
 */

import { hexOf } from './hex.js'

const DEPTH_MAX = 64
const BYTES_SHOWN = 64
const ELLIPSIS = '…'

/** Writes `value` as JSON-like text of about `lengthMax` characters at most; longer text ends in `…`. */
export function toJsonText(value: unknown, lengthMax: number): string {
  const writer = new Writer(lengthMax)
  writer.value(value, 0)
  return writer.text
}

class Writer {
  readonly #lengthMax: number
  text = ''

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  value(value: unknown, depth: number): void {
    if (depth > DEPTH_MAX) this.text += ELLIPSIS
    else if (Array.isArray(value)) this.#list(value, depth)
    else if (value instanceof Map) this.#members(value, depth)
    else if (value instanceof Set) this.#list([...value], depth)
    else if (isPlainObject(value)) this.#members(Object.entries(value), depth)
    else this.text += scalar(value)
  }

  #list(items: readonly unknown[], depth: number): void {
    this.text += '['
    let separator = ''
    for (const item of items) {
      this.text += separator
      if (this.#isFull()) break
      this.value(item, depth + 1)
      separator = ','
    }
    this.text += ']'
  }

  #members(entries: Iterable<readonly [unknown, unknown]>, depth: number): void {
    this.text += '{'
    let separator = ''
    for (const [key, item] of entries) {
      this.text += separator
      if (this.#isFull()) break
      this.text += `${JSON.stringify(typeof key === 'string' ? key : scalar(key))}:`
      this.value(item, depth + 1)
      separator = ','
    }
    this.text += '}'
  }

  #isFull(): boolean {
    if (this.text.length < this.#lengthMax) return false
    if (!this.text.endsWith(ELLIPSIS)) this.text += ELLIPSIS
    return true
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Date) return JSON.stringify(instantOf(value))
  if (value instanceof Uint8Array) return JSON.stringify(bytesOf(value))
  if (value instanceof Error) return JSON.stringify(`${value.name}: ${value.message}`)
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(Object.prototype.toString.call(value))
  }
  return String(value)
}

function instantOf(value: Date): string {
  return Number.isNaN(value.getTime()) ? 'invalid time' : value.toISOString()
}

function bytesOf(bytes: Uint8Array): string {
  const rest = bytes.length > BYTES_SHOWN ? ` ${ELLIPSIS}` : ''
  return `${bytes.length} bytes: ${hexOf(bytes.subarray(0, BYTES_SHOWN))}${rest}`
}
