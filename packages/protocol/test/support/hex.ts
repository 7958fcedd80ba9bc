/**
 * Frozen frames as text: two hexadecimal digits a byte, spaces and line ends wherever they help, and
 * everything after a `#` a comment.
 */

import { readFileSync, readdirSync } from 'node:fs'

const GOLDEN = new URL('../golden/v1/', import.meta.url)

/** Reads the bytes of a hex text. */
export function parseHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/#.*$/gm, '').replace(/\s+/g, '')
  if (!/^(?:[0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${digits}`)
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Reads a frozen frame by the name of its file, without `.hex`. */
export function readGolden(name: string): Uint8Array<ArrayBuffer> {
  return parseHex(readFileSync(new URL(`${name}.hex`, GOLDEN), 'utf8'))
}

/** The names of all frozen frames. */
export function goldenNames(): string[] {
  return readdirSync(GOLDEN).map((file) => file.replace(/\.hex$/, ''))
}
