import { describe, expect, it } from 'vitest'

import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatCounted,
  formatRate,
} from '../../../src/text/quantities.js'

describe('quantities', () => {
  it('separates thousands', () => {
    expect(formatCount(0)).toBe('0')
    expect(formatCount(1234567)).toBe('1,234,567')
    expect(formatCounted(1, 'record')).toBe('1 record')
    expect(formatCounted(2000, 'record')).toBe('2,000 records')
  })

  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [64 * 2 ** 20, '64 MiB'],
    [1.25 * 2 ** 30, '1.25 GiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0, '0'],
    [0.25, '0.25'],
    [3.42, '3.42'],
    [820, '820'],
    [9_876, '9,876'],
    [12_400, '12.4 k'],
    [1_240_000, '1.24 M'],
  ])('%d a second is %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text)
  })

  it.each([
    [0, '0 MB/s'],
    [500, '< 0.01 MB/s'],
    [25_000, '0.03 MB/s'],
    [124_000_000, '124 MB/s'],
  ])('%d bytes a second are %s', (rate, text) => {
    expect(formatByteRate(rate)).toBe(text)
  })
})
