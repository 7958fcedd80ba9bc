import { describe, expect, it } from 'vitest'
import { SegmentList } from '../../../src/log/segment-list.js'
import type { Segment } from '../../../src/segments/segment.js'
import { fakeSegment as segment } from '../../support/fake-segment.js'

function listOf(...bases: number[]): SegmentList {
  return new SegmentList(bases.map((base) => segment(base)))
}

function basesOf(segments: readonly Segment[]): number[] {
  return segments.map(({ baseOffset }) => baseOffset)
}

describe('SegmentList', () => {
  it('finds the segment of an offset, at every boundary', () => {
    const list = listOf(10, 20, 21, 40)
    const expected = new Map([
      [0, 0],
      [9, 0],
      [10, 0],
      [19, 0],
      [20, 1],
      [21, 2],
      [39, 2],
      [40, 3],
      [1e15, 3],
    ])
    for (const [offset, index] of expected) expect(list.indexOf(offset), String(offset)).toBe(index)
  })

  it('knows its ends, its size and its followers', () => {
    const list = new SegmentList([segment(0, 100), segment(5, 30)])
    expect(list.first.baseOffset).toBe(0)
    expect(list.last.baseOffset).toBe(5)
    expect(list.sizeBytes).toBe(130)
    expect(list.length).toBe(2)
    expect(list.after(list.first)).toBe(list.last)
    expect(list.after(list.last)).toBeUndefined()
    expect(list.after(segment(0))).toBeUndefined()
    expect(() => list.at(2)).toThrow(RangeError)
    expect(() => list.at(-1)).toThrow(RangeError)
  })

  it('takes new segments in order only', () => {
    const list = listOf(0, 10)
    expect(() => {
      list.push(segment(10))
    }).toThrow('ascend')
    list.push(segment(11))
    expect(list.last.baseOffset).toBe(11)
  })

  it('replaces an empty last segment by one at the same place only', () => {
    const list = listOf(0, 10)
    const replacement = segment(10)
    list.replaceLast(replacement)
    expect(list.last).toBe(replacement)
    expect(list.length).toBe(2)
    expect(() => {
      list.replaceLast(segment(11))
    }).toThrow('same place')
  })

  it.each([
    [0, []],
    [9, []],
    [10, [0]],
    [19, [0]],
    [20, [0, 10]],
    [29, [0, 10]],
    [1e9, [0, 10]],
  ])('takes out what lies wholly below %i, never the active one', (offset, removed) => {
    const list = listOf(0, 10, 20)
    expect(basesOf(list.removeBelow(offset))).toEqual(removed)
    expect(list.last.baseOffset).toBe(20)
    expect(list.length).toBe(3 - removed.length)
  })

  it('keeps the only segment', () => {
    const list = listOf(0)
    expect(list.removeBelow(100)).toEqual([])
    expect(list.length).toBe(1)
  })
})
