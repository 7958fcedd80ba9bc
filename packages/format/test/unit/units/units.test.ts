/** Sizes, durations and times as people write them. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  RequestError,
  formatBytes,
  formatDuration,
  parseBytes,
  parseDurationMs,
  parseTimestampUs,
} from '../../../src/index.js'

const invalidConfig = expect.objectContaining({ code: 'INVALID_CONFIG' }) as Error

describe('a size', () => {
  it.each<[string | number, number]>([
    [0, 0],
    [4096, 4096],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['0', 0],
    ['4096', 4096],
    ['5B', 5],
    ['1KiB', 1024],
    ['64 KiB', 65536],
    ['1.5MiB', 1.5 * 1024 ** 2],
    ['10GiB', 10 * 1024 ** 3],
    ['2TiB', 2 * 1024 ** 4],
    ['1kB', 1000],
    ['3mb', 3e6],
    ['10GB', 1e10],
    ['1TB', 1e12],
    [' 7 kib ', 7168],
    ['0.3KiB', 307],
  ])('of %j is %i bytes', (size, bytes) => {
    expect(parseBytes(size)).toBe(bytes)
  })

  it.each<string | number>([
    -1,
    0.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    '',
    ' ',
    '-1',
    '+1',
    '1 2',
    'KiB',
    '1KiBs',
    '1Ki',
    '1e3',
    '0x10',
    '1,5KiB',
    '1.KiB',
    '.5KiB',
    '1  KiB',
    '8192TiB',
    '10 GiB 5',
  ])('cannot be %j', (size) => {
    expect(() => parseBytes(size)).toThrow(invalidConfig)
    expect(() => parseBytes(size)).toThrow(RequestError)
  })

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2, '1 MiB'],
    [64 * 1024 ** 2, '64 MiB'],
    [10 * 1024 ** 3, '10 GiB'],
    [3000 * 1024 ** 4, '3000 TiB'],
    [1024 ** 2 - 1, '1 MiB'],
    [1e6, '976.6 KiB'],
  ])('of %i bytes is written %s', (bytes, written) => {
    expect(formatBytes(bytes)).toBe(written)
  })

  it('is read back within a twentieth of its unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 52 }), (bytes) => {
        const back = parseBytes(formatBytes(bytes))
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(Math.max(bytes * 0.05, 0))
      }),
    )
  })
})

describe('a duration', () => {
  it.each<[string | number, number]>([
    [0, 0],
    [500, 500],
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1.5s', 1500],
    ['0.4ms', 0],
    [' 1d ', 86_400_000],
  ])('of %j is %i ms', (duration, durationMs) => {
    expect(parseDurationMs(duration)).toBe(durationMs)
  })

  it.each<string | number>([
    -1,
    0.5,
    Number.NaN,
    Infinity,
    '',
    '5',
    's',
    '-5s',
    '5 s',
    '5S',
    '5min',
    '1y',
    '1h30',
    '1h,30m',
    '5s ago',
    '9999999999999999w',
  ])('cannot be %j', (duration) => {
    expect(() => parseDurationMs(duration)).toThrow(invalidConfig)
  })

  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1540, '1.5s'],
    [59_940, '59.9s'],
    [59_960, '1m'],
    [60_000, '1m'],
    [90_000, '1m 30s'],
    [3_599_600, '1h'],
    [3_600_000, '1h'],
    [3_605_000, '1h'],
    [5_400_000, '1h 30m'],
    [86_400_000 * 2 + 3_600_000 * 3 + 5, '2d 3h'],
    [604_800_000, '7d'],
    [-1500, '-1.5s'],
  ])('of %f ms is written %s', (durationMs, written) => {
    expect(formatDuration(durationMs)).toBe(written)
  })

  it('that was written can be read', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (durationMs) => {
        const back = parseDurationMs(formatDuration(durationMs))
        expect(Math.abs(back - durationMs)).toBeLessThanOrEqual(Math.max(50, durationMs * 0.05))
      }),
    )
  })
})

describe('a time', () => {
  const NOW_US = 1_795_168_800_123_456

  it.each<[string | number | Date, number]>([
    [0, 0],
    [NOW_US, NOW_US],
    [new Date(1_795_168_800_000), 1_795_168_800_000_000],
    ['now', NOW_US],
    ['5m ago', NOW_US - 300_000_000],
    ['1h30m ago', NOW_US - 5_400_000_000],
    ['0s ago', NOW_US],
    ['2026-11-20', 1_795_132_800_000_000],
    ['2026-11-20T10:00Z', 1_795_168_800_000_000],
    ['2026-11-20T10:00', 1_795_168_800_000_000],
    ['2026-11-20 10:00', 1_795_168_800_000_000],
    ['2026-11-20T10:00:05Z', 1_795_168_805_000_000],
    ['2026-11-20T10:00:05.5Z', 1_795_168_805_500_000],
    ['2026-11-20T10:00:05.000001Z', 1_795_168_805_000_001],
    ['2026-11-20T10:00:05.123456789Z', 1_795_168_805_123_456],
    ['2026-11-20T11:00+01:00', 1_795_168_800_000_000],
    ['2026-11-20T04:30:00-05:30', 1_795_168_800_000_000],
    ['2028-02-29', 1_835_395_200_000_000],
    ['1970-01-01', 0],
    [' 2026-11-20 ', 1_795_132_800_000_000],
  ])('of %j is understood', (time, timeUs) => {
    expect(parseTimestampUs(time, NOW_US)).toBe(timeUs)
  })

  it.each<string | number | Date>([
    -1,
    0.5,
    Number.NaN,
    2 ** 53,
    new Date(Number.NaN),
    new Date(-1),
    '',
    'yesterday',
    'ago',
    ' ago',
    '5 ago',
    '-5m ago',
    '100000w ago',
    '1795168800',
    '2026',
    '2026-11',
    '2026-13-01',
    '2026-02-30',
    '2027-02-29',
    '2026-11-20T',
    '2026-11-20T25:00Z',
    '2026-11-20T10:60Z',
    '2026-11-20T10Z',
    '2026-11-20T10:00:00.Z',
    '2026-11-20T10:00+0100',
    '2026-11-20Z',
    '1969-12-31',
    '1970-01-01T00:00+01:00',
    '20 Nov 2026',
  ])('cannot be %j', (time) => {
    expect(() => parseTimestampUs(time, NOW_US)).toThrow(invalidConfig)
  })
})
