/** How much a heap may grow. That V8 collects less often for it shows in the bench only. */

import { expect, test } from 'vitest'

import { growthPercentOf } from '../../src/io/heap-growth.js'

const MIB = 1024 * 1024

test('a small heap may grow by 128 MiB, a large one as V8 sees fit', () => {
  expect(growthPercentOf(1 * MIB)).toBe(1500)
  expect(growthPercentOf(16 * MIB)).toBe(800)
  expect(growthPercentOf(128 * MIB)).toBe(100)
  expect(growthPercentOf(129 * MIB)).toBe(0)
})
