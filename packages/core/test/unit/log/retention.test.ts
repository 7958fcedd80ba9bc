import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  retentionStart,
  segmentBytesMax,
  type RetainedSegment,
} from '../../../src/log/retention.js'
import { DEFAULT_STREAM_CONFIG, type StreamConfig } from '../../../src/log/stream-config.js'

const NOW_US = 1_000_000_000
const KIB = 1024
const MIB = 1024 * KIB

function config(bounds: Partial<StreamConfig>): StreamConfig {
  return { ...DEFAULT_STREAM_CONFIG, ...bounds }
}

/** Segments of ten records each. */
function segments(
  ...content: readonly (readonly [sizeBytes: number, lastUs: number])[]
): RetainedSegment[] {
  return content.map(([sizeBytes, lastUs], at) => ({
    baseOffset: at * 10,
    sizeBytes,
    lastAppendTimeUs: () => lastUs,
  }))
}

describe('retentionStart', () => {
  it('removes nothing without a bound, and looks at no time', () => {
    const unreadable = segments([10, 0], [10, 0]).map((segment) => ({
      ...segment,
      lastAppendTimeUs: () => {
        throw new Error('not needed')
      },
    }))
    expect(retentionStart(unreadable, config({}), NOW_US)).toBeUndefined()
    expect(retentionStart(unreadable, config({ retentionBytes: 20 }), NOW_US)).toBeUndefined()
  })

  it('removes the oldest until the rest fits, and not one more', () => {
    const three = segments([100, 0], [100, 0], [100, 0])
    expect(retentionStart(three, config({ retentionBytes: 300 }), NOW_US)).toBeUndefined()
    expect(retentionStart(three, config({ retentionBytes: 299 }), NOW_US)).toBe(10)
    expect(retentionStart(three, config({ retentionBytes: 200 }), NOW_US)).toBe(10)
    expect(retentionStart(three, config({ retentionBytes: 199 }), NOW_US)).toBe(20)
  })

  it('never removes the active segment', () => {
    expect(
      retentionStart(segments([500, 0]), config({ retentionBytes: 1 }), NOW_US),
    ).toBeUndefined()
    const two = segments([500, 0], [500, 0])
    expect(retentionStart(two, config({ retentionBytes: 1, retentionMs: 1 }), NOW_US)).toBe(10)
  })

  it('removes what is older than the bound, to the microsecond', () => {
    const bound = config({ retentionMs: 1 })
    const oldest = NOW_US - 1000
    const end = [10, NOW_US] as const
    expect(retentionStart(segments([10, oldest], end), bound, NOW_US)).toBeUndefined()
    expect(retentionStart(segments([10, oldest - 1], end), bound, NOW_US)).toBe(10)
  })

  it('stops at the first that is young, though an older one lies behind it', () => {
    const bound = config({ retentionMs: 1 })
    const mixed = segments([10, NOW_US], [10, 0], [10, NOW_US])
    expect(retentionStart(mixed, bound, NOW_US)).toBeUndefined()
  })

  it('keeps at most the bound and at least the bound less the segment it removed last', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 20_000 }), (list, retentionBytes) => {
        const all = segments(...list.map((size) => [size, 0] as const))
        const start = retentionStart(all, config({ retentionBytes }), NOW_US) ?? 0
        const sum = (from: number): number =>
          list.slice(from).reduce((left, right) => left + right, 0)
        const kept = sum(start / 10)
        const isOnlyActiveLeft = start / 10 === list.length - 1
        expect(kept <= retentionBytes || isOnlyActiveLeft).toBe(true)
        if (start > 0) expect(sum(start / 10 - 1)).toBeGreaterThan(retentionBytes)
      }),
    )
  })
})

describe('segmentBytesMax', () => {
  it('is the configured size without a bound on bytes', () => {
    expect(segmentBytesMax(config({ segmentBytesMax: 5 * MIB, retentionMs: 1 }))).toBe(5 * MIB)
  })

  it('is an eighth of the bound, between 64 KiB and the configured size', () => {
    expect(segmentBytesMax(config({ retentionBytes: 8 * MIB }))).toBe(MIB)
    expect(segmentBytesMax(config({ retentionBytes: 8 * MIB + 7 }))).toBe(MIB)
    expect(segmentBytesMax(config({ retentionBytes: 1 }))).toBe(64 * KIB)
    expect(segmentBytesMax(config({ retentionBytes: 1024 * MIB, segmentBytesMax: MIB }))).toBe(MIB)
  })
})
