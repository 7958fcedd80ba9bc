/** Numbers, times and text for people. */

import { describe, expect, it } from 'vitest'

import { countOf, formatRate, formatTime, formatTimestamp } from '../../../src/text/numbers.js'
import { visible } from '../../../src/text/visible.js'

describe('numbers for people', () => {
  it('have a noun that fits', () => {
    expect(countOf(0, 'record')).toBe('0 records')
    expect(countOf(1, 'batch', 'batches')).toBe('1 batch')
    expect(countOf(1234, 'batch', 'batches')).toBe('1,234 batches')
  })

  it('are rates of three digits', () => {
    expect(formatRate(1_234_567)).toBe('1,230,000')
    expect(formatRate(12.34)).toBe('12')
    expect(formatRate(0)).toBe('0')
  })
})

describe('times', () => {
  it('keep every microsecond', () => {
    const timeUs = Date.UTC(2026, 10, 20, 10) * 1000 + 1
    expect(formatTimestamp(timeUs)).toBe('2026-11-20T10:00:00.000001Z')
    expect(formatTimestamp(timeUs + 999_998)).toBe('2026-11-20T10:00:00.999999Z')
    expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00.000000Z')
  })

  it('are to the second where that is enough', () => {
    expect(formatTime(Date.UTC(2026, 10, 20, 10) * 1000 + 999_999)).toBe('2026-11-20 10:00:00')
  })
})

describe('text from a record', () => {
  it('is shown without control characters but the tab', () => {
    expect(visible('a\tb')).toBe('a\tb')
    expect(visible('\u001B[2J\r\n\u0000\u007F\u009B')).toBe('\\x1b[2J\\x0d\\x0a\\x00\\x7f\\x9b')
    expect(visible('grüße 🎉')).toBe('grüße 🎉')
  })
})
