import { describe, expect, it } from 'vitest'
import { ActiveMappings, type Restable } from '../../../src/segments/active-mappings.js'

class FakeActive implements Restable {
  isBusy = false
  restCount = 0
  looksCount = 0

  get canRest(): boolean {
    this.looksCount += 1
    return !this.isBusy
  }

  rest(): void {
    this.restCount += 1
  }
}

function touched(mappings: ActiveMappings, count: number): FakeActive[] {
  const segments = Array.from({ length: count }, () => new FakeActive())
  for (const segment of segments) mappings.touch(segment)
  return segments
}

describe('ActiveMappings', () => {
  it('lets the one that was quiet for longest rest', () => {
    const mappings = new ActiveMappings(2)
    const [first, second] = touched(mappings, 2)
    if (first !== undefined) mappings.touch(first)
    touched(mappings, 1)
    expect([first?.restCount, second?.restCount]).toEqual([0, 1])
    expect(mappings.count).toBe(2)
  })

  it('never makes a busy one rest, nor the one in use', () => {
    const mappings = new ActiveMappings(1)
    const [busy] = touched(mappings, 1)
    if (busy === undefined) throw new Error('unreachable')
    busy.isBusy = true
    const [next] = touched(mappings, 1)
    expect([busy.restCount, next?.restCount]).toEqual([0, 0])
    expect(mappings.count).toBe(2)
    busy.isBusy = false
    mappings.touch(busy)
    touched(mappings, 1)
    expect([busy.restCount, next?.restCount]).toEqual([1, 1])
    expect(mappings.count).toBe(1)
  })

  it('does not look through thousands of busy ones for one that can rest', () => {
    const mappings = new ActiveMappings(10)
    const segments = touched(mappings, 10)
    for (let count = 10; count < 5000; count += 1) {
      const segment = new FakeActive()
      segment.isBusy = true
      mappings.touch(segment)
      segments.push(segment)
    }
    expect(mappings.count).toBe(4990)
    for (const segment of segments) {
      segment.isBusy = false
      if (segment.restCount === 0) mappings.touch(segment)
    }
    expect(mappings.count).toBe(10)
    // Twice when it was touched twice, and when it was made to rest.
    for (const { looksCount } of segments) expect(looksCount).toBeLessThanOrEqual(3)
  })

  it('forgets what was sealed or closed', () => {
    const mappings = new ActiveMappings(1)
    const [first] = touched(mappings, 1)
    if (first !== undefined) mappings.forget(first)
    touched(mappings, 1)
    expect(first?.restCount).toBe(0)
    expect(mappings.count).toBe(1)
  })
})
