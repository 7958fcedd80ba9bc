import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  decodeCaughtUpBody,
  decodeCreditBody,
  decodeFrame,
  encodeCaughtUpFrame,
  encodeCreditFrame,
  encodeOffsetFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  OFFSET_BODY_BYTES,
} from '../../../src/index.js'
import { channel, safeInteger } from '../../support/arbitraries.js'
import { errorOf } from '../../support/errors.js'
import { goldenNameOf } from '../../support/control-command.js'
import { readGolden } from '../../support/hex.js'

const CASES = [
  {
    name: 'CREDIT',
    type: FrameType.CREDIT,
    encode: encodeCreditFrame,
    decode: decodeCreditBody,
  },
  {
    name: 'CAUGHT_UP',
    type: FrameType.CAUGHT_UP,
    encode: encodeCaughtUpFrame,
    decode: decodeCaughtUpBody,
  },
] as const

describe.each(CASES)('$name', ({ name, type, encode, decode }) => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(channel, safeInteger, (number, value) => {
        const bytes = encode(number, value)
        const frame = decodeFrame(bytes)
        expect(frame).toMatchObject({ type, channel: number, argument: 0, flags: 0 })
        expect(decode(frame.body)).toBe(value)
        expect(decode(bytes, FRAME_PREFIX_BYTES)).toBe(value)
        expect(encodeOffsetFrame(name, number, value)).toEqual(bytes)
      }),
    )
  })

  it('matches its frozen frame', () => {
    const frozen = readGolden(goldenNameOf(name))
    expect(encode(2, 5_000_000_000)).toEqual(frozen)
    expect(decode(decodeFrame(frozen).body)).toBe(5_000_000_000)
  })

  it('is a typed error when truncated at any byte, or longer', () => {
    for (let length = 0; length <= OFFSET_BODY_BYTES + 1; length += 1) {
      if (length === OFFSET_BODY_BYTES) continue
      const error = errorOf(() => decode(new Uint8Array(length)))
      expect(error.code).toBe('MALFORMED_FRAME')
      expect(error.message).toBe(`body is ${length} bytes, must be 8 (${name})`)
    }
  })

  it('refuses a number above 2^53 - 1', () => {
    const body = Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0)
    expect(errorOf(() => decode(body)).message).toContain(`(${name})`)
    expect(() => encode(1, 2 ** 53)).toThrow(RangeError)
    expect(() => encode(1, -1)).toThrow(RangeError)
    expect(() => encode(65_536, 1)).toThrow(RangeError)
  })
})
