/** Recovery points: the newest valid slot counts, whatever happened to the other. */

import { describe, expect, it } from 'vitest'
import {
  AssertionError,
  type RecoveryPoint,
  SEGMENT_HEADER_BYTES,
  crc32,
  decodeSegmentHeader,
  encodeSegmentHeader,
  readRecoveryPoint,
  writeRecoveryPoint,
} from '../../../src/index.js'
import { embed, viewOf } from '../../support/batches.js'

const HEADER = { streamId: '0'.repeat(32), epoch: 1, baseOffset: 10, createdUs: 20 }

function point(generation: number): RecoveryPoint {
  return {
    durableOffset: 1000 + generation,
    durablePosition: 128 + generation * 8,
    generation,
    appendTimeUs: 1_763_600_000_000_000 + generation,
    epoch: 1,
  }
}

/** A header after points 1, 2, … have been written in turn. */
function headerWith(points: number): Uint8Array {
  const bytes = encodeSegmentHeader(HEADER)
  for (let generation = 1; generation <= points; generation++) {
    writeRecoveryPoint(bytes, generation % 2 === 0 ? 0 : 1, point(generation))
  }
  return bytes
}

describe('a recovery point', () => {
  it('is not there in a new segment', () => {
    expect(readRecoveryPoint(encodeSegmentHeader(HEADER))).toBeUndefined()
    expect(readRecoveryPoint(new Uint8Array(SEGMENT_HEADER_BYTES).fill(0xff))).toBeUndefined()
  })

  it.each([1, 2, 3, 4])('is the last of %i written in turn', (points) => {
    expect(readRecoveryPoint(embed(headerWith(points), 0xff))).toEqual(point(points))
  })

  it('leaves the rest of the header alone', () => {
    expect(decodeSegmentHeader(headerWith(5))).toEqual(HEADER)
  })

  it('may have fields at the ends of their ranges', () => {
    const bytes = encodeSegmentHeader(HEADER)
    const last = {
      durableOffset: Number.MAX_SAFE_INTEGER,
      durablePosition: 2 ** 32 - 1,
      generation: 2 ** 32 - 1,
      appendTimeUs: Number.MAX_SAFE_INTEGER,
      epoch: 2 ** 32 - 1,
    }
    writeRecoveryPoint(bytes, 0, last)
    expect(readRecoveryPoint(bytes)).toEqual(last)
  })

  it('torn at any byte while it is overwritten leaves the one before', () => {
    const before = headerWith(4)
    const after = headerWith(5)
    // Point 5 goes to slot 1, over point 3. Point 4 in slot 0 must hold whatever part arrived.
    for (let arrived = 0; arrived <= 32; arrived++) {
      const torn = before.slice()
      torn.set(after.subarray(96, 96 + arrived), 96)
      const expected = readRecoveryPoint(torn)
      expect([point(4), point(5)]).toContainEqual(expected)
      if (arrived < 12) expect(expected).toEqual(point(4))
      if (arrived === 32) expect(expected).toEqual(point(5))
    }
  })

  it.each([
    [0, 64, 5],
    [1, 96, 4],
  ])('with any one bit of slot %i flipped is the other one', (_, slotAt, survivor) => {
    for (let bit = 0; bit < 32 * 8; bit++) {
      const bytes = headerWith(5)
      const at = slotAt + (bit >> 3)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
      expect(readRecoveryPoint(bytes), `bit ${bit}`).toEqual(point(survivor))
    }
  })

  it('is not there when both slots are damaged', () => {
    const bytes = headerWith(5)
    bytes[64] = (bytes[64] ?? 0) ^ 1
    bytes[96] = (bytes[96] ?? 0) ^ 1
    expect(readRecoveryPoint(bytes)).toBeUndefined()
  })

  it('is not there in a header that is cut', () => {
    expect(readRecoveryPoint(headerWith(2).subarray(0, SEGMENT_HEADER_BYTES - 1))).toBeUndefined()
  })

  it.each<[string, (slot: DataView) => void]>([
    ['generation 0', (slot) => slot.setUint32(12, 0, true)],
    ['an unsafe offset', (slot) => slot.setBigUint64(0, 2n ** 53n, true)],
    ['an unsafe time', (slot) => slot.setBigUint64(16, 2n ** 53n, true)],
  ])('does not count with %s, although its check is right', (_, breakIt) => {
    const bytes = headerWith(5)
    breakIt(viewOf(bytes.subarray(96)))
    viewOf(bytes).setUint32(96 + 28, crc32(bytes, 96, 96 + 28), true)
    expect(readRecoveryPoint(bytes)).toEqual(point(4))
  })

  it.each([
    { generation: 0 },
    { generation: 2 ** 32 },
    { durablePosition: -1 },
    { durablePosition: 2 ** 32 },
    { epoch: 0.5 },
    { durableOffset: 2 ** 53 },
    { appendTimeUs: -1 },
  ])('cannot be written with %o', (change) => {
    const bytes = encodeSegmentHeader(HEADER)
    expect(() => writeRecoveryPoint(bytes, 0, { ...point(1), ...change })).toThrow(AssertionError)
  })

  it('cannot be written outside a header', () => {
    expect(() => writeRecoveryPoint(new Uint8Array(127), 1, point(1))).toThrow(AssertionError)
  })
})
