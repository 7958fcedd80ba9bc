/** The index file: round trip, look-ups against a plain search, and every kind of damage. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FormatError,
  INDEX_ENTRY_BYTES,
  INDEX_HEADER_BYTES,
  IndexEntries,
  type IndexEntry,
  type SegmentIndex,
  decodeIndex,
  decodeIndexHeader,
  encodeIndex,
} from '../../src/index.js'
import { embed } from '../support/batches.js'

const entrySteps = fc.array(
  fc.record({
    offsets: fc.integer({ min: 1, max: 1000 }),
    words: fc.integer({ min: 10, max: 600 }),
    timeUs: fc.nat({ max: 3 }),
  }),
  { maxLength: 60 },
)

function entriesOf(steps: { offsets: number; words: number; timeUs: number }[]): IndexEntry[] {
  let relativeOffset = 0
  let position = 128
  let appendTimeUs = 1_763_600_000_000_000
  return steps.map((step) => {
    const entry = { relativeOffset, position, appendTimeUs }
    relativeOffset += step.offsets
    position += step.words * 8
    appendTimeUs += step.timeUs
    return entry
  })
}

function indexOf(list: IndexEntry[], baseOffset = 5_000_000_000): SegmentIndex {
  const entries = new IndexEntries()
  for (const entry of list) entries.append(entry)
  const last = list.at(-1)
  const recordCount = last === undefined ? 0 : last.relativeOffset + 7
  return {
    baseOffset,
    endOffset: baseOffset + recordCount,
    dataEndPosition: (last?.position ?? 128) + (last === undefined ? 0 : 80),
    batchCount: list.length,
    recordCount,
    firstAppendTimeUs: list[0]?.appendTimeUs ?? 0,
    lastAppendTimeUs: last?.appendTimeUs ?? 0,
    entries,
  }
}

function plain(index: SegmentIndex): unknown {
  const { entries, ...summary } = index
  return {
    ...summary,
    entries: Array.from({ length: entries.count }, (_, i) => ({
      relativeOffset: entries.relativeOffset(i),
      position: entries.position(i),
      appendTimeUs: entries.appendTimeUs(i),
    })),
  }
}

describe('an index file', () => {
  it('gives back summary and entries', () => {
    fc.assert(
      fc.property(entrySteps, (steps) => {
        const list = entriesOf(steps)
        const index = indexOf(list)
        const bytes = encodeIndex(index)
        expect(bytes).toHaveLength(INDEX_HEADER_BYTES + list.length * INDEX_ENTRY_BYTES)
        expect(plain(decodeIndex(embed(bytes, 0xff)))).toEqual({ ...index, entries: list })
        const { entries, ...summary } = index
        expect(decodeIndexHeader(bytes.subarray(0, INDEX_HEADER_BYTES))).toEqual({
          ...summary,
          entryCount: entries.count,
        })
      }),
    )
  })

  it('finds what a plain search finds', () => {
    fc.assert(
      fc.property(entrySteps, fc.nat({ max: 40_000 }), fc.nat({ max: 99 }), (steps, o, t) => {
        const list = entriesOf(steps)
        const { entries } = indexOf(list)
        const timeUs = (list[0]?.appendTimeUs ?? 0) + t - 5
        expect(entries.findOffset(o)).toBe(list.filter((e) => e.relativeOffset <= o).length - 1)
        expect(entries.findTime(timeUs)).toBe(
          list.filter((e) => e.appendTimeUs < timeUs).length - 1,
        )
      }),
    )
  })

  const steps = [1, 2, 3].map((i) => ({ offsets: i * 10, words: 20, timeUs: i }))
  const bytes = encodeIndex(indexOf(entriesOf(steps)))

  it('is an error when cut at any byte, or longer', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeIndex(bytes.subarray(0, length)), `cut at ${length}`).toThrow(
        expect.objectContaining({ code: 'TRUNCATED' }),
      )
    }
    const longer = new Uint8Array(bytes.length + 1)
    longer.set(bytes)
    expect(() => decodeIndex(longer)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }))
  })

  it('is an error with any one bit flipped', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodeIndex(damaged), `bit ${bit}`).toThrow(FormatError)
    }
  })
})
