/** Masking against the definition of RFC 6455 §5.3, at every alignment. */

import { expect, test } from 'vitest'

import { applyMask } from '../../src/index.js'

const KEY = 0xd4c3b2a1
const KEY_BYTES = [0xa1, 0xb2, 0xc3, 0xd4]

function masked(bytes: Uint8Array, position: number): number[] {
  return Array.from(bytes, (byte, at) => byte ^ (KEY_BYTES[(position + at) % 4] ?? 0))
}

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + 1) % 256)
}

test('masks every length at every alignment and position', () => {
  for (let length = 0; length <= 40; length += 1) {
    for (let alignment = 0; alignment < 8; alignment += 1) {
      for (let position = 0; position < 4; position += 1) {
        const memory = new Uint8Array(length + 24)
        const part = memory.subarray(8 + alignment, 8 + alignment + length)
        part.set(numbered(length))
        applyMask(part, KEY, position)
        expect([...part]).toEqual(masked(numbered(length), position))
        expect(memory.subarray(0, 8 + alignment).every((byte) => byte === 0)).toBe(true)
        expect(memory.subarray(8 + alignment + length).every((byte) => byte === 0)).toBe(true)
      }
    }
  }
})

test('twice gives what it was, also in parts', () => {
  const bytes = numbered(100_003)
  applyMask(bytes, KEY)
  applyMask(bytes.subarray(0, 33_333), KEY)
  applyMask(bytes.subarray(33_333), KEY, 33_333)
  expect(bytes).toEqual(numbered(100_003))
})
