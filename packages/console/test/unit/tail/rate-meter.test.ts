import { describe, expect, it } from 'vitest'

import { RateMeter } from '../../../src/tail/rate-meter.js'

describe('RateMeter', () => {
  it('shows a steady rate as it is', () => {
    const meter = new RateMeter(0)
    for (let nowMs = 0; nowMs < 20_000; nowMs += 10) meter.add(50, 5_000, nowMs)
    const { recordsPerSecond, bytesPerSecond } = meter.rate(20_000)
    expect(Math.abs(recordsPerSecond - 5_000)).toBeLessThan(100)
    expect(bytesPerSecond / recordsPerSecond).toBeCloseTo(100)
  })

  it('does not divide the first moments by three seconds', () => {
    const meter = new RateMeter(10_000)
    meter.add(100, 1_000, 10_100)
    expect(meter.rate(10_500).recordsPerSecond).toBe(200)
  })

  it('does not make an enormous rate of the very first record', () => {
    const meter = new RateMeter(10_000)
    meter.add(1, 10, 10_000)
    expect(meter.rate(10_000).recordsPerSecond).toBe(4)
  })

  it('sinks to zero within three seconds', () => {
    const meter = new RateMeter(0)
    meter.add(1_000, 1, 1_000)
    expect(meter.rate(2_000).recordsPerSecond).toBeGreaterThan(0)
    expect(meter.rate(4_000)).toEqual({ recordsPerSecond: 0, bytesPerSecond: 0 })
  })
})
