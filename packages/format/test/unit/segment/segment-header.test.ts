/** The segment header: round trip, every truncation, every bit, every rule. */

import { describe, expect, it } from 'vitest'
import {
  FormatError,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  crc32,
  decodeSegmentHeader,
  encodeSegmentHeader,
} from '../../../src/index.js'
import { embed, viewOf } from '../../support/batches.js'

const HEADER: SegmentHeader = {
  streamId: '00112233445566778899aabbccddeeff',
  epoch: 4,
  baseOffset: 2 ** 40 + 3,
  createdUs: 1_763_600_000_000_000,
}

describe('a segment header', () => {
  it('gives back what was put in', () => {
    expect(decodeSegmentHeader(embed(encodeSegmentHeader(HEADER), 0xff))).toEqual(HEADER)
  })

  it.each([
    { ...HEADER, baseOffset: 0, createdUs: 0, epoch: 0 },
    {
      streamId: 'f'.repeat(32),
      epoch: 2 ** 32 - 1,
      baseOffset: Number.MAX_SAFE_INTEGER,
      createdUs: Number.MAX_SAFE_INTEGER,
    },
  ])('may have fields at the ends of their ranges: %o', (header) => {
    expect(decodeSegmentHeader(encodeSegmentHeader(header))).toEqual(header)
  })

  it.each([
    { streamId: '' },
    { streamId: 'F'.repeat(32) },
    { streamId: 'f'.repeat(33) },
    { epoch: -1 },
    { epoch: 2 ** 32 },
    { baseOffset: -1 },
    { baseOffset: 2 ** 53 },
    { createdUs: 0.5 },
  ])('cannot be encoded with %o', (change) => {
    expect(() => encodeSegmentHeader({ ...HEADER, ...change })).toThrow(RangeError)
  })

  it('is an error when cut at any byte', () => {
    const bytes = encodeSegmentHeader(HEADER)
    for (let length = 0; length < SEGMENT_HEADER_BYTES; length++) {
      expect(() => decodeSegmentHeader(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({
          code: 'TRUNCATED',
          details: { positionBytes: 0, neededBytes: 128, availableBytes: length },
        }),
      )
    }
  })

  it('is an error with any one bit flipped of the part that is written once', () => {
    const bytes = encodeSegmentHeader(HEADER)
    for (let bit = 0; bit < 64 * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodeSegmentHeader(damaged), `bit ${bit}`).toThrow(FormatError)
    }
  })

  it('does not depend on the recovery points', () => {
    const bytes = encodeSegmentHeader(HEADER).fill(0xee, 64)
    expect(decodeSegmentHeader(bytes)).toEqual(HEADER)
  })

  it.each<[string, (view: DataView) => void]>([
    ['BAD_MAGIC', (view) => view.setUint8(7, 0x55)],
    ['UNSUPPORTED_FORMAT_VERSION', (view) => view.setUint8(8, 2)],
    ['INVALID_FIELD', (view) => view.setUint8(9, 1)],
    ['INVALID_FIELD', (view) => view.setUint8(11, 1)],
    ['INVALID_FIELD', (view) => view.setUint8(48, 1)],
    ['INVALID_FIELD', (view) => view.setUint8(59, 1)],
    ['INVALID_FIELD', (view) => view.setBigUint64(16, 2n ** 53n, true)],
    ['INVALID_FIELD', (view) => view.setBigUint64(24, 2n ** 53n, true)],
    ['CHECKSUM_MISMATCH', (view) => view.setUint32(60, 0, true)],
  ])('is %s when that alone is wrong', (code, breakIt) => {
    const bytes = encodeSegmentHeader(HEADER)
    breakIt(viewOf(bytes))
    if (code !== 'CHECKSUM_MISMATCH') viewOf(bytes).setUint32(60, crc32(bytes, 0, 60), true)
    expect(() => decodeSegmentHeader(bytes)).toThrow(expect.objectContaining({ code }))
  })
})
