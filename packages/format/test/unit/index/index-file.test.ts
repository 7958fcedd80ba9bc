/** The index file's rules, each broken alone; round trips are the property test's. */

import { describe, expect, it } from 'vitest'
import {
  AssertionError,
  IndexEntries,
  type SegmentIndex,
  crc32,
  decodeIndex,
  decodeIndexHeader,
  encodeIndex,
} from '../../../src/index.js'
import { viewOf } from '../../support/batches.js'

const ENTRIES = [
  { relativeOffset: 0, position: 128, appendTimeUs: 1000 },
  { relativeOffset: 50, position: 4096, appendTimeUs: 1000 },
  { relativeOffset: 90, position: 8192, appendTimeUs: 1007 },
]

function sample(changes: Partial<SegmentIndex> = {}): SegmentIndex {
  const entries = new IndexEntries(3)
  for (const entry of ENTRIES) entries.append(entry)
  return {
    baseOffset: 500,
    endOffset: 600,
    dataEndPosition: 9000,
    batchCount: 40,
    recordCount: 100,
    firstAppendTimeUs: 1000,
    lastAppendTimeUs: 1010,
    entries,
    ...changes,
  }
}

/** Makes both checks right again, so that only the rule under test is broken. */
function recheck(bytes: Uint8Array): Uint8Array {
  viewOf(bytes).setUint32(56, crc32(bytes, 64), true)
  viewOf(bytes).setUint32(60, crc32(bytes, 0, 60), true)
  return bytes
}

describe('an index', () => {
  it('may be empty', () => {
    const empty = sample({
      endOffset: 500,
      dataEndPosition: 128,
      batchCount: 0,
      recordCount: 0,
      firstAppendTimeUs: 0,
      lastAppendTimeUs: 0,
      entries: new IndexEntries(),
    })
    const decoded = decodeIndex(encodeIndex(empty))
    expect(decoded.entries.count).toBe(0)
    expect(decoded.entries.findOffset(0)).toBe(-1)
    expect(decoded.entries.findTime(5)).toBe(-1)
  })

  it('may have lost records from between and from its end', () => {
    expect(decodeIndex(encodeIndex(sample({ endOffset: 700 }))).endOffset).toBe(700)
  })

  it.each<[string, (view: DataView) => void]>([
    ['BAD_MAGIC', (view) => view.setUint8(7, 0x32)],
    ['INVALID_FIELD', (view) => view.setBigUint64(8, 2n ** 53n, true)],
    ['INVALID_FIELD', (view) => view.setBigUint64(16, 599n, true)],
    ['INVALID_FIELD', (view) => view.setBigUint64(16, 2n ** 53n, true)],
    ['INVALID_FIELD', (view) => view.setUint32(24, 9001, true)],
    ['INVALID_FIELD', (view) => view.setUint32(24, 120, true)],
    ['INVALID_FIELD', (view) => view.setUint32(28, 101, true)],
    ['INVALID_FIELD', (view) => view.setUint32(28, 2, true)],
    ['INVALID_FIELD', (view) => view.setBigUint64(40, 1011n, true)],
    ['INVALID_FIELD', (view) => view.setBigUint64(48, 2n ** 53n, true)],
  ])('has a header of which %s when that alone is wrong', (code, breakIt) => {
    const bytes = encodeIndex(sample())
    breakIt(viewOf(bytes))
    recheck(bytes)
    for (const decode of [decodeIndex, decodeIndexHeader]) {
      expect(() => decode(bytes)).toThrow(expect.objectContaining({ code }))
    }
  })

  it.each<[string, (entry: (i: number) => DataView) => void]>([
    ['an offset like the one before', (entry) => entry(1).setUint32(0, 0, true)],
    ['a position like the one before', (entry) => entry(2).setUint32(4, 4096, true)],
    ['a position in the header', (entry) => entry(0).setUint32(4, 120, true)],
    ['a position between batches', (entry) => entry(1).setUint32(4, 4097, true)],
    ['a time before the one before', (entry) => entry(1).setBigUint64(8, 999n, true)],
    ['a time that is not safe', (entry) => entry(2).setBigUint64(8, 2n ** 53n, true)],
    ['an offset behind the segment', (entry) => entry(2).setUint32(0, 100, true)],
    ['a position behind the segment', (entry) => entry(2).setUint32(4, 9000, true)],
    ['a time behind the segment', (entry) => entry(2).setBigUint64(8, 1011n, true)],
  ])('cannot have an entry with %s', (_, breakIt) => {
    const bytes = encodeIndex(sample())
    breakIt((i) => viewOf(bytes.subarray(64 + i * 16)))
    expect(() => decodeIndex(recheck(bytes))).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD' }),
    )
    decodeIndexHeader(bytes)
  })

  it.each([
    { baseOffset: -1 },
    { endOffset: 2 ** 53 },
    { dataEndPosition: 2 ** 32 },
    { batchCount: 0.5 },
    { recordCount: 2 ** 32 },
    { lastAppendTimeUs: Number.NaN },
  ])('cannot be encoded with %o', (change) => {
    expect(() => encodeIndex(sample(change))).toThrow(RangeError)
  })
})

describe('a list of entries', () => {
  const { entries } = sample()

  it('finds the last entry at or below an offset', () => {
    expect([0, 49, 50, 51, 90, 5000].map((offset) => entries.findOffset(offset))).toEqual([
      0, 0, 1, 1, 2, 2,
    ])
  })

  it('finds the last entry below a time, because batches of that time may lie before', () => {
    expect([0, 1000, 1001, 1007, 1008].map((timeUs) => entries.findTime(timeUs))).toEqual([
      -1, -1, 1, 1, 2,
    ])
  })

  it.each([-1, 3, 0.5, Number.NaN])('has no entry %s', (i) => {
    expect(() => entries.relativeOffset(i)).toThrow(RangeError)
    expect(() => entries.position(i)).toThrow(RangeError)
    expect(() => entries.appendTimeUs(i)).toThrow(RangeError)
  })

  it.each([
    { relativeOffset: 90 },
    { relativeOffset: -1 },
    { relativeOffset: 2 ** 32 },
    { position: 8192 },
    { position: 0.5 },
    { appendTimeUs: 1006 },
    { appendTimeUs: 2 ** 53 },
  ])('refuses %o behind its last', (change) => {
    const { entries: list } = sample()
    const next = { relativeOffset: 91, position: 8200, appendTimeUs: 1007, ...change }
    expect(() => list.append(next)).toThrow(AssertionError)
    expect(list.count).toBe(3)
  })
})
