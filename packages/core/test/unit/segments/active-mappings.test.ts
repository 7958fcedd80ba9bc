import { describe, expect, it } from 'vitest'
import { ActiveMappings, type Restable } from '../../../src/segments/active-mappings.js'

class FakeActive implements Restable {
  canRest = true
  restCount = 0

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
    busy.canRest = false
    const [next] = touched(mappings, 1)
    expect([busy.restCount, next?.restCount]).toEqual([0, 0])
    expect(mappings.count).toBe(2)
    busy.canRest = true
    touched(mappings, 1)
    expect([busy.restCount, next?.restCount]).toEqual([1, 1])
    expect(mappings.count).toBe(1)
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
