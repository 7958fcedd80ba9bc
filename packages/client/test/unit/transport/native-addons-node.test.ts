/** Native code and JavaScript do the same. */

import { crc32 } from '@tailrace/format'
import { expect, test } from 'vitest'

import { loadMask, maskInto, useNativeCrc32 } from '../../../src/transport/native-addons-node.js'

test('mask the same bytes the same way, whatever their place and length', () => {
  const fastest = loadMask()
  const key = Uint8Array.from([0x12, 0x34, 0xf6, 0x78])
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * 7) % 256)
  for (const [start, end] of [
    [0, 0],
    [0, 1],
    [1, 40],
    [3, 2999],
    [8, 2056],
  ] as const) {
    const source = bytes.subarray(start, end)
    const expected = source.map((byte, at) => byte ^ (key[at % 4] ?? 0))
    for (const mask of [maskInto, fastest]) {
      const target = new Uint8Array(3010).subarray(5)
      mask(source, key, target)
      expect(target.subarray(0, source.length)).toEqual(expected)
      expect(target.subarray(source.length).every((byte) => byte === 0)).toBe(true)
    }
  }
})

test('compute the same checksum', () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * 7) % 256)
  const before = crc32(bytes, 5, 2990, 9)
  useNativeCrc32()
  expect(crc32(bytes, 5, 2990, 9)).toBe(before)
})
