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

describe('ActiveMappings of a process that can open no more files', () => {
  it('lets the quarter rest that was quiet for longest, and keeps no more from then on', () => {
    const mappings = new ActiveMappings(100)
    const segments = touched(mappings, 12)
    expect(mappings.makeRoom()).toBe(true)
    expect(segments.map(({ restCount }) => restCount)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(mappings.count).toBe(9)
    touched(mappings, 1)
    expect([segments[3]?.restCount, segments[4]?.restCount]).toEqual([1, 0])
    expect(mappings.count).toBe(9)
  })

  it('keeps one more each time it is told that there may be descriptors, up to its bound', () => {
    const mappings = new ActiveMappings(5)
    touched(mappings, 5)
    expect(mappings.makeRoom()).toBe(true)
    expect(mappings.count).toBe(3)
    for (const count of [4, 5, 5]) {
      mappings.allowMore()
      touched(mappings, 5)
      expect(mappings.count).toBe(count)
    }
  })

  it('lets neither a busy one rest, nor the one that is in use, and says that there is no room', () => {
    const mappings = new ActiveMappings(100)
    const [busy, used] = touched(mappings, 2)
    if (busy === undefined || used === undefined) throw new Error('unreachable')
    busy.isBusy = true
    mappings.use(used)
    expect(mappings.makeRoom()).toBe(false)
    expect([busy.restCount, used.restCount]).toEqual([0, 0])
    expect(mappings.count).toBe(2)
    touched(mappings, 20)
    expect(mappings.count).toBe(22)
    busy.isBusy = false
    mappings.touch(busy)
    mappings.use(busy)
    while (mappings.makeRoom());
    expect([busy.restCount, used.restCount]).toEqual([0, 1])
    expect(mappings.count).toBe(1)
    mappings.forget(busy)
    expect(new ActiveMappings(1).makeRoom()).toBe(false)
  })
})
