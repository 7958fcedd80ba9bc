/**
 * Sizes as people write them: `10GiB`, `64 KiB`, `1.5MB`, `4096`.
 *
 * `KiB` and so on are powers of 1024, `kB` and so on of 1000, each as its standard says. Letters may
 * be of either case, a space may stand before the unit, no unit means bytes.
 */

import { RequestError } from '../errors/error-classes.js'

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
  ['tb', 1000 ** 4],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
  ['tib', 1024 ** 4],
])
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i

/**
 * Parses a size into bytes; a fraction of a byte is rounded.
 *
 * @throws {RequestError} INVALID_CONFIG when it is not a size from 0 to 2^53 − 1
 */
export function parseBytes(size: string | number): number {
  const bytes = typeof size === 'number' ? size : parseText(size)
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 0) return bytes
  throw new RequestError(
    'INVALID_CONFIG',
    `${JSON.stringify(size)} is not a size; write for example 4096, "64KiB" or "10GiB"`,
    { details: { size } },
  )
}

/** Writes a number of bytes for people, in the largest binary unit that gives at least 1: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (oneDigit(value) >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${oneDigit(value)} ${String(BINARY_UNITS[unit])}`
}

function oneDigit(value: number): number {
  return Number(value.toFixed(1))
}

function parseText(text: string): number | undefined {
  const match = SIZE_PATTERN.exec(text.trim())
  const factor = UNIT_BYTES.get((match?.[2] ?? '').toLowerCase())
  if (match === null || factor === undefined) return undefined
  return Math.round(Number(match[1]) * factor)
}
