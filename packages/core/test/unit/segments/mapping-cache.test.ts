import { describe, expect, it } from 'vitest'
import { MappingCache, type Mapped } from '../../../src/segments/mapping-cache.js'

class FakeMapping implements Mapped {
  releasedCount = 0
  sizeBytes: number

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes
  }

  release(): void {
    this.releasedCount += 1
  }
}

function fill(cache: MappingCache, ...sizes: number[]): FakeMapping[] {
  const mappings = sizes.map((size) => new FakeMapping(size))
  for (const mapping of mappings) cache.touch(mapping)
  return mappings
}

describe('MappingCache', () => {
  it('keeps everything up to the bound, and lets the oldest go above it', () => {
    const cache = new MappingCache(100)
    const [first, second] = fill(cache, 40, 60)
    expect(cache.bytes).toBe(100)
    expect(first?.releasedCount).toBe(0)
    const [third] = fill(cache, 1)
    expect([first, second, third].map((mapping) => mapping?.releasedCount)).toEqual([1, 0, 0])
    expect(cache.bytes).toBe(61)
  })

  it('lets go of what was not used for longest', () => {
    const cache = new MappingCache(100)
    const [first, second] = fill(cache, 50, 50)
    if (first !== undefined) cache.touch(first)
    fill(cache, 50)
    expect(first?.releasedCount).toBe(0)
    expect(second?.releasedCount).toBe(1)
  })

  it('keeps the one in use, whatever its size', () => {
    const cache = new MappingCache(100)
    const [small, large] = fill(cache, 10, 1000)
    expect(small?.releasedCount).toBe(1)
    expect(large?.releasedCount).toBe(0)
    expect(cache.bytes).toBe(1000)
    fill(cache, 10)
    expect(large?.releasedCount).toBe(1)
    expect(cache.bytes).toBe(10)
  })

  it('forgets without letting go, and does not mind what it does not know', () => {
    const cache = new MappingCache(100)
    const [mapping] = fill(cache, 60)
    if (mapping !== undefined) cache.forget(mapping)
    cache.forget(new FakeMapping(5))
    expect(mapping?.releasedCount).toBe(0)
    expect(cache.bytes).toBe(0)
  })

  it('accounts for what it took in, also after the size changed', () => {
    const cache = new MappingCache(100)
    const [mapping] = fill(cache, 60)
    if (mapping === undefined) throw new Error('unreachable')
    mapping.sizeBytes = 20
    cache.touch(mapping)
    expect(cache.bytes).toBe(20)
    mapping.sizeBytes = 90
    cache.forget(mapping)
    expect(cache.bytes).toBe(0)
  })
})

describe('MappingCache of a process that can open no more files', () => {
  it('lets go of the quarter that was not used for longest, and says when there is nothing', () => {
    const cache = new MappingCache(100)
    const mappings = fill(cache, 1, 2, 3, 4, 5, 6, 7, 8)
    if (mappings[0] !== undefined) cache.touch(mappings[0])
    expect(cache.makeRoom()).toBe(true)
    expect(mappings.map(({ releasedCount }) => releasedCount)).toEqual([0, 1, 1, 0, 0, 0, 0, 0])
    expect([cache.count, cache.bytes]).toEqual([6, 31])
    while (cache.makeRoom());
    expect(mappings.map(({ releasedCount }) => releasedCount)).toEqual(mappings.map(() => 1))
    expect([cache.count, cache.bytes]).toEqual([0, 0])
  })
})
