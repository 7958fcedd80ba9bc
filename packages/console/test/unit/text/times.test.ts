import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  formatAge,
  formatSpanUs,
  isoFromUs,
  localTime,
  parseTime,
} from '../../../src/text/times.js'

const NOW_MS = new Date(2026, 10, 20, 15, 30, 0).getTime()
const NOW_US = NOW_MS * 1000

describe('parseTime', () => {
  it('takes relative times from now', () => {
    expect(parseTime('15m ago', NOW_MS)).toBe(NOW_US - 15 * 60e6)
    expect(parseTime('15 min', NOW_MS)).toBe(NOW_US - 15 * 60e6)
    expect(parseTime('2 hours ago', NOW_MS)).toBe(NOW_US - 7200e6)
    expect(parseTime('1.5 h', NOW_MS)).toBe(NOW_US - 5400e6)
    expect(parseTime('30s', NOW_MS)).toBe(NOW_US - 30e6)
    expect(parseTime('250 ms ago', NOW_MS)).toBe(NOW_US - 250e3)
    expect(parseTime('7d', NOW_MS)).toBe(NOW_US - 7 * 86400e6)
  })

  it('takes a time of day as one of today, on the local clock', () => {
    const midday = new Date(2026, 10, 20, 12, 5, 7).getTime() * 1000
    expect(parseTime('12:05:07', NOW_MS)).toBe(midday)
    expect(parseTime('12:05:07.000123', NOW_MS)).toBe(midday + 123)
    expect(parseTime(' 12:05 ', NOW_MS)).toBe(midday - 7e6)
  })

  it('takes a date without a zone as local, with one as it says', () => {
    expect(parseTime('2026-11-20', NOW_MS)).toBe(new Date(2026, 10, 20).getTime() * 1000)
    expect(parseTime('2026-11-20 10:00', NOW_MS)).toBe(new Date(2026, 10, 20, 10).getTime() * 1000)
    expect(parseTime('2026-11-20T10:00Z', NOW_MS)).toBe(Date.UTC(2026, 10, 20, 10) * 1000)
    expect(parseTime('2026-11-20T10:00:00.5+02:00', NOW_MS)).toBe(
      Date.UTC(2026, 10, 20, 8) * 1000 + 500_000,
    )
    expect(parseTime('2026-11-20T10:00:00+0200', NOW_MS)).toBe(Date.UTC(2026, 10, 20, 8) * 1000)
  })

  it.each([
    '',
    'yesterday',
    '25:00',
    '12:60',
    '2026-13-01',
    '1e9',
    '-5m',
    'first',
    '12',
    '99999999999d',
  ])('does not take %j for a time', (text) => {
    expect(parseTime(text, NOW_MS)).toBeUndefined()
  })
})

describe('isoFromUs', () => {
  it('writes all six digits in UTC', () => {
    expect(isoFromUs(Date.UTC(2026, 10, 20, 10, 42, 17, 123) * 1000 + 456)).toBe(
      '2026-11-20T10:42:17.123456Z',
    )
    expect(isoFromUs(0)).toBe('1970-01-01T00:00:00.000000Z')
  })

  it('is read back to the same microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0) * 1000 }), (timeUs) => {
        expect(parseTime(isoFromUs(timeUs), NOW_MS)).toBe(timeUs)
      }),
    )
  })

  it('shows an instant beyond all calendars as a number', () => {
    expect(isoFromUs(Number.MAX_SAFE_INTEGER)).toBe('2255-06-05T23:47:34.740991Z')
    expect(isoFromUs(9e21)).toBe('9e+21 µs')
  })
})

describe('localTime', () => {
  it('splits into date and time of day with milliseconds', () => {
    const timeUs = new Date(2026, 2, 5, 7, 8, 9, 45).getTime() * 1000 + 999
    expect(localTime(timeUs)).toEqual({ date: '2026-03-05', time: '07:08:09.045' })
  })
})

describe('formatAge', () => {
  it.each([
    [0, 'just now'],
    [-5, 'just now'],
    [1.9, 'just now'],
    [2, '2 s ago'],
    [59, '59 s ago'],
    [60, '1 min ago'],
    [3600, '1 h ago'],
    [47 * 3600, '47 h ago'],
    [48 * 3600, '2 days ago'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatAge(NOW_US - seconds * 1e6, NOW_MS)).toBe(text)
  })
})

describe('formatSpanUs', () => {
  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [12_500, '12.5 ms'],
    [3_000_000, '3 s'],
    [600e6, '10 min'],
    [36_000e6, '10 h'],
    [864_000e6, '10 days'],
  ])('%d is %s', (spanUs, text) => {
    expect(formatSpanUs(spanUs)).toBe(text)
  })
})
