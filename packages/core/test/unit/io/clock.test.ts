import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/io/clock.js'

describe('systemClock', () => {
  it('tells the time in whole microseconds, and finer than a millisecond', () => {
    const clock = systemClock()
    const before = Date.now() * 1000
    const times = new Set<number>()
    for (let at = 0; at < 100_000; at += 1) times.add(clock.nowUs())
    const after = (Date.now() + 1) * 1000
    for (const time of times) {
      expect(Number.isSafeInteger(time)).toBe(true)
      expect(time).toBeGreaterThanOrEqual(before - 1000)
    }
    expect(Math.max(...times)).toBeLessThanOrEqual(after + 1000)
    expect(times.size).toBeGreaterThan((after - before) / 1000 + 10)
  })
})
