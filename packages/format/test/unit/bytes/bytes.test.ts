/** The helpers for bytes: u64 fields and growing buffers. */

import { describe, expect, it } from 'vitest'
import { GrowableBytes } from '../../../src/bytes/growable-bytes.js'
import { isSafeU64, readU64, writeU64 } from '../../../src/bytes/u64.js'
import { AssertionError } from '../../../src/index.js'

describe('a u64 field', () => {
  const view = new DataView(new ArrayBuffer(24))

  it.each([0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48 + 12345, Number.MAX_SAFE_INTEGER])(
    'keeps %s, as a BigInt sees it',
    (value) => {
      writeU64(view, 8, value)
      expect(readU64(view, 8)).toBe(value)
      expect(view.getBigUint64(8, true)).toBe(BigInt(value))
      expect(isSafeU64(view, 8)).toBe(true)
    },
  )

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('refuses to be written as %s', (value) => {
    expect(() => writeU64(view, 8, value)).toThrow(AssertionError)
  })

  it('is not safe from 2^53 on', () => {
    view.setBigUint64(8, 2n ** 53n - 1n, true)
    expect(isSafeU64(view, 8)).toBe(true)
    view.setBigUint64(8, 2n ** 53n, true)
    expect(isSafeU64(view, 8)).toBe(false)
  })
})

describe('a growing buffer', () => {
  it('keeps its bytes when it grows and its memory when it is cleared', () => {
    const buffer = new GrowableBytes()
    const expected: number[] = []
    for (let i = 0; i < 200; i++) {
      buffer.append(new Uint8Array([i, i]))
      expected.push(i, i)
    }
    buffer.appendU32(0x01020304)
    buffer.appendF64(1)
    expected.push(4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)
    const copy = new Uint8Array(buffer.size + 1)
    expect(buffer.copyTo(copy, 1)).toBe(copy.length)
    expect(Array.from(copy.subarray(1))).toEqual(expected)

    const { bytes } = buffer
    buffer.clear()
    buffer.appendZeros(5)
    expect(buffer.bytes).toBe(bytes)
    expect(Array.from(buffer.bytes.subarray(0, buffer.size))).toEqual([0, 0, 0, 0, 0])
  })
})
