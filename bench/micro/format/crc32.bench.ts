/**
 * CRC-32 of headers, records and bodies: what `format` chooses, zlib, and tables in JavaScript.
 *
 * The tables of `format` take ranges of less than 256 bytes in Node and all in browsers; here longer ranges
 * go through them in pieces, which costs a call for each. One table is what most libraries on npm do.
 */
import { crc32 as zlibCrc32 } from 'node:zlib'
import { crc32 } from '@tailrace/format'
import { mix, someBytes } from '../micro.js'
import type { MicroBench, MicroCase } from '../micro.js'

/** A header, a small record, the last range that goes through the tables, a small batch, a usual one. */
const LENGTHS = [72, 128, 255, 1024, 65_536]
const PIECE_BYTES = 255
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let state = byte
  for (let bit = 0; bit < 8; bit += 1)
    state = (state & 1) === 0 ? state >>> 1 : (state >>> 1) ^ 0xedb8_8320
  return state
})

export const crc32Bench: MicroBench = {
  name: 'format/crc32',
  open(size) {
    const totalBytes = size === 'full' ? 2 ** 20 : 2 ** 17
    const bytes = someBytes(totalBytes)
    return { cases: LENGTHS.flatMap((length) => casesOf(bytes, length)) }
  },
}

function casesOf(bytes: Uint8Array, length: number): MicroCase[] {
  const count = Math.floor(bytes.length / length)
  const caseOf = (name: string, checkOf: (start: number, end: number) => number): MicroCase => ({
    name: `${name}, ${length} B`,
    amount: count,
    unit: 'range',
    unitBytes: length,
    sameAs: String(length),
    run() {
      let sum = 0
      for (let at = 0; at < count; at += 1) sum = mix(sum, checkOf(at * length, (at + 1) * length))
      return sum
    },
  })
  return [
    caseOf('crc32 of format', (start, end) => crc32(bytes, start, end)),
    caseOf('zlib', (start, end) => zlibCrc32(bytes.subarray(start, end))),
    caseOf('16 tables', (start, end) => inPieces(bytes, start, end)),
    caseOf('one table', (start, end) => oneTable(bytes, start, end)),
  ]
}

function inPieces(bytes: Uint8Array, start: number, end: number): number {
  let check = 0
  for (let at = start; at < end; at += PIECE_BYTES) {
    check = crc32(bytes, at, Math.min(at + PIECE_BYTES, end), check)
  }
  return check
}

function oneTable(bytes: Uint8Array, start: number, end: number): number {
  let state = -1
  for (let at = start; at < end; at += 1) {
    state = (state >>> 8) ^ (TABLE[(state ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  }
  return ~state >>> 0
}
