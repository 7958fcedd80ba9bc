import { describe, expect, it } from 'vitest'
import {
  configDifference,
  DEFAULT_STREAM_CONFIG,
  parseStreamConfig,
  type StreamConfigInput,
} from '../../../src/log/stream-config.js'
import { errorOf } from '../../support/errors.js'

const MAX = Number.MAX_SAFE_INTEGER

describe('parseStreamConfig', () => {
  it('says nothing of what was not said', () => {
    expect(parseStreamConfig({})).toEqual({})
    expect(parseStreamConfig({ retention: {} })).toEqual({})
  })

  it('understands sizes, ages, counts and null', () => {
    const input: StreamConfigInput = {
      durability: 'relaxed',
      flushIntervalMs: 50,
      segmentBytesMax: '1MiB',
      retention: { maxBytes: '10GiB', maxAge: '7d', maxRecords: 1000 },
    }
    expect(parseStreamConfig(input)).toEqual({
      durability: 'relaxed',
      flushIntervalMs: 50,
      segmentBytesMax: 1024 * 1024,
      retentionBytes: 10 * 1024 ** 3,
      retentionMs: 7 * 86_400_000,
      retentionRecords: 1000,
    })
    const unbounded = { maxBytes: null, maxAge: null, maxRecords: null }
    expect(parseStreamConfig({ retention: unbounded })).toEqual({
      retentionBytes: null,
      retentionMs: null,
      retentionRecords: null,
    })
  })

  const flushInterval = (value: number): StreamConfigInput => ({ flushIntervalMs: value })
  const segmentBytes = (value: number): StreamConfigInput => ({ segmentBytesMax: value })
  const maxBytes = (value: number): StreamConfigInput => ({ retention: { maxBytes: value } })
  const maxAge = (value: number): StreamConfigInput => ({ retention: { maxAge: value } })
  const maxRecords = (value: number): StreamConfigInput => ({ retention: { maxRecords: value } })

  /** The last allowed value and the first that is not, for each limit. */
  it.each([
    { input: flushInterval, good: 1, bad: 0 },
    { input: flushInterval, good: 60_000, bad: 60_001 },
    { input: segmentBytes, good: 65_536, bad: 65_535 },
    { input: segmentBytes, good: 2 ** 30, bad: 2 ** 30 + 1 },
    { input: maxBytes, good: 1, bad: 0 },
    { input: maxBytes, good: MAX, bad: MAX + 1 },
    { input: maxAge, good: 1, bad: 0 },
    { input: maxAge, good: MAX, bad: MAX + 1 },
    { input: maxRecords, good: 1, bad: 0 },
    { input: maxRecords, good: MAX, bad: MAX + 1 },
  ])('$input.name: $good is allowed, $bad is not', async ({ input, good, bad }) => {
    expect(Object.values(parseStreamConfig(input(good)))).toEqual([good])
    const error = await errorOf('INVALID_CONFIG', () => parseStreamConfig(input(bad)))
    expect(error.message).toContain(String(bad))
  })

  it.each([
    { flushIntervalMs: 1.5 },
    { flushIntervalMs: NaN },
    { segmentBytesMax: 'much' },
    { segmentBytesMax: -1 },
    { retention: { maxAge: '7' } },
    { retention: { maxAge: 0.5 } },
    { retention: { maxBytes: '' } },
    { retention: { maxRecords: 2.5 } },
    { durability: 'fast' as 'fsync' },
  ])('refuses %o', async (input) => {
    await errorOf('INVALID_CONFIG', () => parseStreamConfig(input))
  })
})

describe('configDifference', () => {
  it('is undefined when all that was asked for is so', () => {
    expect(configDifference({}, DEFAULT_STREAM_CONFIG)).toBeUndefined()
    expect(configDifference({ durability: 'fsync' }, DEFAULT_STREAM_CONFIG)).toBeUndefined()
    expect(configDifference(DEFAULT_STREAM_CONFIG, DEFAULT_STREAM_CONFIG)).toBeUndefined()
  })

  it('names each field with what is and what was asked for', () => {
    const asked = { durability: 'relaxed', retentionMs: 5, flushIntervalMs: 1000 } as const
    expect(configDifference(asked, DEFAULT_STREAM_CONFIG)).toBe(
      'durability is fsync, asked for relaxed; retentionMs is null, asked for 5',
    )
  })
})
