import { IndexEntries } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { INDEX_INTERVAL_BYTES, SparseIndex } from '../../../src/segments/sparse-index.js'

const BASE = 1000

/** Batches of ten records, one kilobyte and one millisecond each, from position 128 on. */
function indexOf(batchCount: number): SparseIndex {
  const index = new SparseIndex(BASE)
  for (let at = 0; at < batchCount; at += 1) index.note(BASE + at * 10, 128 + at * 1024, 5000 + at)
  return index
}

describe('SparseIndex', () => {
  it('finds nothing while it is empty', () => {
    const index = new SparseIndex(BASE)
    expect(index.positionForOffset(BASE)).toBeUndefined()
    expect(index.lastBefore(Infinity)?.position).toBeUndefined()
  })

  it('takes an entry for the first batch and then one per interval', () => {
    const index = indexOf(64)
    const positions = Array.from({ length: index.entries.count }, (_, at) =>
      index.entries.position(at),
    )
    expect(positions).toEqual([128, 128 + 16 * 1024, 128 + 32 * 1024, 128 + 48 * 1024])
    expect(INDEX_INTERVAL_BYTES).toBe(16 * 1024)
  })

  it('takes a batch exactly one interval behind the last entry, and none closer', () => {
    const index = new SparseIndex(BASE)
    index.note(BASE, 128, 1)
    index.note(BASE + 1, 128 + INDEX_INTERVAL_BYTES - 8, 1)
    expect(index.entries.count).toBe(1)
    index.note(BASE + 2, 128 + INDEX_INTERVAL_BYTES, 1)
    expect(index.entries.count).toBe(2)
  })

  it('never leads behind the batch that holds an offset', () => {
    const index = indexOf(64)
    for (let offset = BASE; offset < BASE + 640; offset += 1) {
      const position = index.positionForOffset(offset) ?? -1
      const holding = 128 + Math.floor((offset - BASE) / 10) * 1024
      expect(position).toBeLessThanOrEqual(holding)
      expect(holding - position).toBeLessThan(INDEX_INTERVAL_BYTES)
    }
    expect(index.positionForOffset(BASE - 1)).toBeUndefined()
  })

  it('leads to a batch strictly before a time, so that none of that time is missed', () => {
    const index = indexOf(64)
    expect(index.lastBefore(5000)?.position).toBeUndefined()
    expect(index.lastBefore(5001)?.position).toBe(128)
    expect(index.lastBefore(5016)?.position).toBe(128)
    expect(index.lastBefore(5017)?.position).toBe(128 + 16 * 1024)
    expect(index.lastBefore(Infinity)?.position).toBe(128 + 48 * 1024)
  })

  it('says which offset the batch before a time begins with', () => {
    expect(indexOf(64).lastBefore(5017)).toEqual({ position: 128 + 16 * 1024, offset: BASE + 160 })
  })

  it('goes before all batches of a time that stood still', () => {
    const index = new SparseIndex(0)
    index.note(0, 128, 10)
    for (let at = 1; at < 5; at += 1) index.note(at, 128 + at * INDEX_INTERVAL_BYTES, 20)
    expect(index.lastBefore(20)?.position).toBe(128)
    expect(index.lastBefore(21)?.position).toBe(128 + 4 * INDEX_INTERVAL_BYTES)
  })

  it('goes on from entries that were read from a file', () => {
    const entries = new IndexEntries()
    entries.append({ relativeOffset: 0, position: 128, appendTimeUs: 1 })
    entries.append({ relativeOffset: 7, position: 40_000, appendTimeUs: 2 })
    const index = new SparseIndex(BASE, entries)
    expect(index.positionForOffset(BASE + 6)).toBe(128)
    expect(index.positionForOffset(BASE + 7)).toBe(40_000)
  })
})
