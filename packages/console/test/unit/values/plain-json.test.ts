import { describe, expect, it } from 'vitest'

import { toJsonText } from '../../../src/values/plain-json.js'

describe('toJsonText', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [-0.5, '-0.5'],
    [2n ** 64n, '18446744073709551616'],
    ['a"b', '"a\\"b"'],
    [new Date(Number.NaN), '"invalid time"'],
    [Uint8Array.of(1, 2), '"2 bytes: 01 02"'],
    [new Map<unknown, unknown>([[1, 'x']]), '{"1":"x"}'],
    [new Set([1, 2]), '[1,2]'],
    [new TypeError('no'), '"TypeError: no"'],
    [Object.create(null), '{}'],
    [new URLSearchParams(), '"[object URLSearchParams]"'],
  ])('%s becomes %s', (value: unknown, text) => {
    expect(toJsonText(value, 1000)).toBe(text)
  })

  it('stops at its limits and says so', () => {
    const wide = Array.from({ length: 1000 }, (_, index) => index)
    expect(toJsonText(wide, 10)).toBe('[0,1,2,3,4,…]')
    let deep: unknown = 'bottom'
    for (let depth = 0; depth < 200; depth++) deep = [deep]
    expect(toJsonText(deep, 1000)).toBe(`${'['.repeat(65)}…${']'.repeat(65)}`)
    expect(toJsonText(new Uint8Array(100), 1000)).toMatch(/^"100 bytes: (00 ){64}…"$/)
  })
})
