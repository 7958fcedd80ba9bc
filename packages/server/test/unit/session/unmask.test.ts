/** Unmasking while copying, both ways, against the mask of the protocol. */

import { applyMask } from '@tailrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { unmaskInScript, unmaskInto } from '../../../src/session/unmask.js'

describe.each([
  ['as it is installed here', unmaskInto],
  ['in JavaScript', unmaskInScript],
])('unmasking %s', (_, unmask) => {
  test('does what the mask does, at any place of any payload, and leaves the source', () => {
    const lengths = fc.oneof(fc.nat(40), fc.nat(70_000))
    const piece = fc.record({ position: fc.nat(1000), key: fc.integer() })
    fc.assert(
      fc.property(lengths, fc.nat(9), piece, (length, skew, { position, key }) => {
        const memory = Uint8Array.from({ length: length + skew }, (__, at) => at * 7)
        const source = memory.subarray(skew)
        const expected = source.slice()
        applyMask(expected, key, position)
        const target = new Uint8Array(length + 3).fill(0xaa)
        unmask(target, source, { key, position })
        expect(Buffer.compare(target.subarray(0, length), expected)).toBe(0)
        expect([...target.subarray(length)]).toEqual([0xaa, 0xaa, 0xaa])
        expect(
          Buffer.compare(
            source,
            Uint8Array.from({ length: length + skew }, (__, at) => at * 7).subarray(skew),
          ),
        ).toBe(0)
      }),
    )
  })

  test('a payload comes out whole however it was cut', () => {
    const payload = Uint8Array.from({ length: 1000 }, (__, at) => at)
    const masked = payload.slice()
    applyMask(masked, 0x89abcdef)
    for (let cut = 0; cut <= 20; cut += 1) {
      const target = new Uint8Array(1000)
      unmask(target, masked.subarray(0, cut), { key: 0x89abcdef, position: 0 })
      unmask(target.subarray(cut), masked.subarray(cut), { key: 0x89abcdef, position: cut })
      expect(Buffer.compare(target, payload)).toBe(0)
    }
  })
})
