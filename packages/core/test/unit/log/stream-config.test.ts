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

  /** The last allowed value and the first that is not, for each limit. */
  const limits: readonly (readonly [
    string,
    (value: number) => StreamConfigInput,
    number,
    number,
  ])[] = [
    ['flushIntervalMs', (value) => ({ flushIntervalMs: value }), 1, 0],
    ['flushIntervalMs', (value) => ({ flushIntervalMs: value }), 60_000, 60_001],
    ['segmentBytesMax', (value) => ({ segmentBytesMax: value }), 65_536, 65_535],
    ['segmentBytesMax', (value) => ({ segmentBytesMax: value }), 2 ** 30, 2 ** 30 + 1],
    ['retention.maxBytes', (value) => ({ retention: { maxBytes: value } }), 1, 0],
    ['retention.maxBytes', (value) => ({ retention: { maxBytes: value } }), MAX, MAX + 1],
    ['retention.maxAge', (value) => ({ retention: { maxAge: value } }), 1, 0],
    ['retention.maxAge', (value) => ({ retention: { maxAge: value } }), MAX, MAX + 1],
    ['retention.maxRecords', (value) => ({ retention: { maxRecords: value } }), 1, 0],
    ['retention.maxRecords', (value) => ({ retention: { maxRecords: value } }), MAX, MAX + 1],
  ]
  it.each(limits)('%s: %o of %i is allowed, of %i is not', async (field, input, good, bad) => {
    expect(Object.values(parseStreamConfig(input(good)))).toEqual([good])
    const error = await errorOf('INVALID_CONFIG', () => parseStreamConfig(input(bad)))
    // Where a unit's parser refuses it first, the field is not known there.
    expect([field, undefined]).toContain(error.details['field'])
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
