/** Latencies of many records: quantiles, buckets, and the while that is watched. */

import { describe, expect, it } from 'vitest'

import { Latencies } from '../../../src/bench/latencies.js'
import { SendTimes } from '../../../src/bench/send-times.js'

describe('latencies', () => {
  it('are undefined as long as there are none', () => {
    const latencies = new Latencies()
    expect(latencies.quantiles()).toBeUndefined()
    expect(latencies.takeRecent()).toBeUndefined()
    expect(latencies.buckets()).toEqual([])
  })

  it('have quantiles, to three digits, none of which is above the highest', () => {
    const latencies = new Latencies()
    for (let ms = 1; ms <= 1000; ms += 1) latencies.record(ms, 10)
    const { p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0 } = latencies.quantiles() ?? {}
    expect(latencies.count).toBe(10_000)
    for (const [actual, expected] of [
      [p50, 500],
      [p90, 900],
      [p99, 990],
      [p999, 999],
      [max, 1000],
    ] as const) {
      expect(Math.abs(actual - expected) / expected).toBeLessThan(0.001)
    }
    expect(p999).toBeLessThanOrEqual(max)
  })

  it('of a while do not hold those of the one before, and all hold both', () => {
    const latencies = new Latencies()
    latencies.record(5, 3)
    expect(latencies.takeRecent()?.max).toBe(5)
    latencies.record(1, 1)
    expect(latencies.takeRecent()?.max).toBe(1)
    expect(latencies.takeRecent()).toBeUndefined()
    expect(latencies.quantiles()?.max).toBe(5)
    expect(latencies.count).toBe(4)
  })

  it('are counted in buckets of 1, 2 and 5, ends exclusive, empty ones between', () => {
    const latencies = new Latencies()
    latencies.record(0, 1)
    latencies.record(0.0019, 2)
    latencies.record(0.02, 4)
    expect(latencies.buckets()).toEqual([
      { fromMs: 0.001, toMs: 0.002, count: 1 },
      { fromMs: 0.002, toMs: 0.005, count: 2 },
      { fromMs: 0.005, toMs: 0.01, count: 0 },
      { fromMs: 0.01, toMs: 0.02, count: 0 },
      { fromMs: 0.02, toMs: 0.05, count: 4 },
    ])
  })

  it('above an hour count as an hour', () => {
    const latencies = new Latencies()
    latencies.record(1e12, 1)
    expect(latencies.buckets()).toEqual([{ fromMs: 2_000_000, toMs: 5_000_000, count: 1 }])
  })
})

describe('the times of what is not acknowledged', () => {
  it('come back in order, however they were put in and are taken', () => {
    const times = new SendTimes()
    const expected: number[] = []
    const actual: number[] = []
    const take = (count: number) => {
      times.take(count, (timeMs, taken) => {
        for (let i = 0; i < taken; i += 1) actual.push(timeMs)
      })
    }
    for (let round = 0; round < 200; round += 1) {
      for (let i = 0; i < 50; i += 1) {
        const timeMs = round * 10 + Math.floor(i / (1 + (round % 4)))
        times.push(timeMs)
        expected.push(timeMs)
      }
      take(round % 60)
    }
    take(expected.length - actual.length)
    expect(actual).toEqual(expected)
  })

  it('are none when all were taken', () => {
    const times = new SendTimes()
    times.push(1)
    times.take(1, () => undefined)
    times.take(1, () => expect.unreachable())
  })
})
