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
