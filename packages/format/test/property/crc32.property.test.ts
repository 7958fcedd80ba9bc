/** CRC-32: the Node file, the tables and a bit-by-bit reference agree on any range and seed. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 as nodeCrc32 } from '../../src/crc32/crc32-node.js'
import { crc32 as tablesCrc32 } from '../../src/crc32/crc32-tables.js'
import { crc32Reference } from '../support/crc32-reference.js'
import { u32 } from '../support/arbitraries.js'

const implementations = [
  ['node', nodeCrc32],
  ['tables', tablesCrc32],
] as const

/** Lengths around every change of method: bytes, words, sixteens, zlib. */
const range = fc
  .tuple(fc.nat({ max: 40 }), fc.oneof(fc.nat({ max: 80 }), fc.nat({ max: 700 })))
  .chain(([start, length]) =>
    fc.record({
      bytes: fc.uint8Array({ minLength: start + length, maxLength: start + length + 20 }),
      start: fc.constant(start),
      end: fc.constant(start + length),
      seed: u32,
    }),
  )

describe.each(implementations)('crc32 of %s', (_, crc32) => {
  it('agrees with the bit-by-bit reference', () => {
    fc.assert(
      fc.property(range, ({ bytes, start, end, seed }) => {
        expect(crc32(bytes, start, end, seed)).toBe(
          crc32Reference(bytes.subarray(start, end), seed),
        )
      }),
    )
  })

  it('can be continued at any place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), fc.nat({ max: 900 }), (bytes, cut) => {
        const middle = Math.min(cut, bytes.length)
        const first = crc32(bytes, 0, middle)
        expect(crc32(bytes, middle, bytes.length, first)).toBe(crc32(bytes))
      }),
    )
  })

  it('does not depend on what lies around the range', () => {
    fc.assert(
      fc.property(range, fc.nat({ max: 255 }), ({ bytes, start, end, seed }, poison) => {
        const other = bytes.slice().fill(poison, 0, start).fill(poison, end)
        expect(crc32(other, start, end, seed)).toBe(crc32(bytes, start, end, seed))
      }),
    )
  })
})
