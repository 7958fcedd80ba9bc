/** When followed streams are looked at: one timer, only while somebody waits, at a bounded share of time. */

import { describe, expect, it } from 'vitest'

import { Polling } from '../../src/follow/polling.js'
import { ManualClock } from '../support/manual-clock.js'
import { ManualScheduler } from '../support/manual-scheduler.js'

class Looked {
  count = 0
  hasNews = false

  poll(): boolean {
    this.count += 1
    return this.hasNews
  }
}

/** Time, a scheduler that runs in it, and polling. */
function polling(intervalMs = 1, intervalMsMax = 50) {
  const scheduler = new ManualScheduler()
  const clock = new ManualClock()
  const started = new Polling({ scheduler, clock, intervalMs, intervalMsMax })
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 1) {
      clock.advanceMs(1)
      scheduler.advance(1)
    }
  }
  return { polling: started, scheduler, clock, pass }
}

describe('polling', () => {
  it('sets no timer before somebody waits, and none after', () => {
    const { polling: polled, scheduler, pass } = polling()
    const stream = new Looked()
    expect(scheduler.timerCount).toBe(0)
    const stop = polled.watch(stream)
    expect(scheduler.timerCount).toBe(1)
    pass(1)
    expect(stream.count).toBe(1)
    stop()
    expect(scheduler.timerCount).toBe(0)
    pass(1000)
    expect(stream.count).toBe(1)
  })

  it('looks at the shortest interval while something comes', () => {
    const { polling: polled, pass } = polling()
    const stream = new Looked()
    stream.hasNews = true
    polled.watch(stream)
    pass(100)
    expect(stream.count).toBe(100)
  })

  it('looks the more seldom the longer nothing came, down to the longest interval', () => {
    const { polling: polled, pass } = polling()
    const stream = new Looked()
    polled.watch(stream)
    pass(1000)
    const during = stream.count
    expect(during).toBeLessThan(50)
    pass(10_000)
    expect(stream.count - during).toBeGreaterThanOrEqual(195)
    expect(stream.count - during).toBeLessThanOrEqual(205)
  })

  it('is late by at most about a quarter of the time for which it was quiet', () => {
    for (const quietMs of [20, 60, 150, 400, 3000]) {
      const { polling: polled, pass } = polling()
      const stream = new Looked()
      polled.watch(stream)
      pass(quietMs)
      const before = stream.count
      let late = 0
      while (stream.count === before) {
        pass(1)
        late += 1
      }
      expect(late).toBeLessThanOrEqual(Math.min(50, quietMs / 4 + 2))
    }
  })

  it('is quick again as soon as something came', () => {
    const { polling: polled, pass } = polling()
    const stream = new Looked()
    polled.watch(stream)
    pass(5000)
    stream.hasNews = true
    pass(50)
    const before = stream.count
    pass(10)
    expect(stream.count - before).toBe(10)
  })

  it('has one timer for all streams, and looks at each in its own time', () => {
    const { polling: polled, scheduler, pass } = polling()
    const busy = new Looked()
    busy.hasNews = true
    const quiet = Array.from({ length: 10 }, () => new Looked())
    polled.watch(busy)
    for (const stream of quiet) polled.watch(stream)
    expect(scheduler.timerCount).toBe(1)
    expect(polled.watchCount).toBe(11)
    pass(2000)
    expect(scheduler.timerCount).toBe(1)
    expect(busy.count).toBeGreaterThan(1900)
    for (const stream of quiet) expect(stream.count).toBeLessThan(75)
  })

  it('leaves the time to others when there are very many streams', () => {
    const { polling: polled, pass } = polling()
    const streams = Array.from({ length: 2000 }, () => new Looked())
    for (const stream of streams) polled.watch(stream)
    pass(10_000)
    const looks = streams.reduce((sum, { count }) => sum + count, 0)
    // Ten looks a millisecond, each of some 5 µs, are a twentieth of the time.
    expect(looks).toBeLessThanOrEqual(10 * 10_000 + 2000)
    expect(looks).toBeGreaterThan(50_000)
    expect(Math.min(...streams.map(({ count }) => count))).toBeGreaterThan(10)
  })

  it('takes a clock that is set back, or stands still, for what it is', () => {
    const { polling: polled, scheduler, clock } = polling()
    const stream = new Looked()
    polled.watch(stream)
    clock.advanceMs(-3_600_000)
    for (let at = 0; at < 1000; at += 1) scheduler.advance(1)
    expect(stream.count).toBeGreaterThan(20)
  })

  it('goes on for the others when a look throws', () => {
    const { polling: polled, pass, scheduler } = polling()
    const other = new Looked()
    other.hasNews = true
    const broken = {
      poll: () => {
        throw new Error('a listener with a bug')
      },
    }
    const stop = polled.watch(broken)
    polled.watch(other)
    expect(() => {
      pass(1)
    }).toThrow('a listener with a bug')
    expect(scheduler.timerCount).toBe(1)
    stop()
    pass(5)
    expect(other.count).toBeGreaterThanOrEqual(4)
  })

  it('lets streams come and go while it looks', () => {
    const { polling: polled, pass } = polling()
    const other = new Looked()
    let stopOther: () => void = () => undefined
    const first = {
      poll: () => {
        stopOther()
        return true
      },
    }
    const stopFirst = polled.watch(first)
    stopOther = polled.watch(other)
    pass(5)
    expect(other.count).toBe(0)
    expect(polled.watchCount).toBe(1)
    stopFirst()
  })
})
