/** What may stand behind --from and --to. */

import { describe, expect, it } from 'vitest'

import { parseFrom, parseTo } from '../../../src/deliver/position.js'

const NOW_US = Date.UTC(2026, 10, 20, 12) * 1000

describe('--from', () => {
  it.each([
    ['first', 'first'],
    ['next', 'next'],
    ['0', 0],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['last:10', { last: 10 }],
    ['last:0', { last: 0 }],
    ['5m ago', { timestamp: NOW_US - 300_000_000 }],
    ['now', { timestamp: NOW_US }],
    ['2026-11-20', { timestamp: Date.UTC(2026, 10, 20) * 1000 }],
    ['2026-11-20T10:00:00.000001+01:00', { timestamp: Date.UTC(2026, 10, 20, 9) * 1000 + 1 }],
  ])('takes %s', (text, expected) => {
    expect(parseFrom(text, NOW_US)).toEqual(expected)
  })

  it.each(['', ' ', 'last', 'last:', 'last:x', 'last:-1', '-1', '1.5', '1e3', 'end', '+5'])(
    'does not take %j, and says what it takes',
    (text) => {
      expect(() => parseFrom(text, NOW_US)).toThrow(/--from is first, next, an offset, last:N or a/)
    },
  )

  it.each(['yesterday', '2026-02-30', '2026-11-20T25:00Z', '1960-01-01', 'x ago'])(
    'does not take %j for a time',
    (text) => {
      expect(() => parseFrom(text, NOW_US)).toThrow(/--from is .*: /)
    },
  )

  it.each(['9007199254740992', 'last:9007199254740992'])('does not take %s', (text) => {
    expect(() => parseFrom(text, NOW_US)).toThrow(/above the largest offset/)
  })
})

describe('--to', () => {
  it.each([
    ['end', 'end'],
    ['0', 0],
    ['+50', { count: 50 }],
    ['+0', { count: 0 }],
    ['1h ago', { timestamp: NOW_US - 3_600_000_000 }],
  ])('takes %s', (text, expected) => {
    expect(parseTo(text, NOW_US)).toEqual(expected)
  })

  it.each(['', 'first', 'next', 'last:1', '+', '+x', '+-1', '-5', '+ 5'])(
    'does not take %j',
    (text) => {
      expect(() => parseTo(text, NOW_US)).toThrow(/--to is end, an offset, \+COUNT or a time/)
    },
  )
})
