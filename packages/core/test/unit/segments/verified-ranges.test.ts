import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VerifiedRanges } from '../../../src/segments/verified-ranges.js'

describe('VerifiedRanges', () => {
  it('knows nothing at first', () => {
    const ranges = new VerifiedRanges()
    expect(ranges.endAt(0)).toBe(0)
    expect(ranges.endAt(128)).toBe(128)
    expect(ranges.count).toBe(0)
  })

  it('trusts what this process wrote, without end', () => {
    const ranges = new VerifiedRanges(1000)
    expect(ranges.endAt(999)).toBe(999)
    expect(ranges.endAt(1000)).toBe(Infinity)
  })

  it('joins ranges that touch and fills gaps', () => {
    const ranges = new VerifiedRanges()
    ranges.add(0, 10)
    ranges.add(20, 30)
    expect(ranges.count).toBe(2)
    ranges.add(10, 20)
    expect(ranges.count).toBe(1)
    expect(ranges.endAt(0)).toBe(30)
  })

  it('keeps 4096 ranges apart, and forgets one for the next', () => {
    const ranges = new VerifiedRanges()
    for (let at = 0; at < 4096; at += 1) ranges.add(at * 20, at * 20 + 10)
    expect(ranges.count).toBe(4096)
    for (let at = 0; at < 4096; at += 1) expect(ranges.endAt(at * 20)).toBe(at * 20 + 10)
    ranges.add(1_000_000, 1_000_010)
    expect(ranges.count).toBe(4096)
    expect(ranges.endAt(1_000_000)).toBe(1_000_010)
    expect(ranges.endAt(4095 * 20)).toBe(4095 * 20)
    expect(ranges.endAt(4094 * 20)).toBe(4094 * 20 + 10)
  })

  it('forgets the shorter neighbour, before it or behind it', () => {
    const ranges = new VerifiedRanges()
    ranges.add(0, 100)
    for (let at = 1; at < 4096; at += 1) ranges.add(at * 200, at * 200 + 10)
    // Between the first range, which is long, and the second.
    ranges.add(150, 160)
    expect(ranges.endAt(0)).toBe(100)
    expect(ranges.endAt(150)).toBe(160)
    expect(ranges.endAt(200)).toBe(200)
    expect(ranges.endAt(400)).toBe(410)
  })

  it('claims nothing that was not verified, and reads on, after random reads of a whole segment', () => {
    const ranges = new VerifiedRanges()
    const count = 50_000
    // In an order that is neither ascending nor descending: 7919 shares no factor with the count.
    for (let at = 0; at < count; at += 1) {
      const start = ((at * 7919) % count) * 20
      ranges.add(start, start + 10)
      expect(ranges.endAt(start)).toBe(start + 10)
    }
    expect(ranges.count).toBe(4096)
    let known = 0
    for (let at = 0; at < count; at += 1) {
      expect(ranges.endAt(at * 20 + 10)).toBe(at * 20 + 10)
      if (ranges.endAt(at * 20) === at * 20 + 10) known += 1
    }
    expect(known).toBe(4096)
    for (let at = 0; at < 2 * count; at += 1) ranges.add(at * 10, at * 10 + 10)
    expect(ranges.count).toBe(1)
    expect(ranges.endAt(0)).toBe(count * 20)
  })

  it('agrees with a set of positions', () => {
    const range = fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (added) => {
        const ranges = new VerifiedRanges()
        const verified = new Set<number>()
        for (const [start, length] of added) {
          ranges.add(start, start + length)
          for (let at = start; at < start + length; at += 1) verified.add(at)
        }
        for (let at = 0; at < 80; at += 1) {
          let end = at
          while (verified.has(end)) end += 1
          expect(ranges.endAt(at)).toBe(end)
        }
        let count = 0
        for (let at = 0; at < 80; at += 1) if (verified.has(at) && !verified.has(at - 1)) count += 1
        expect(ranges.count).toBe(count)
      }),
    )
  })
})
