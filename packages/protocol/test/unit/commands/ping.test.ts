import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  checkEmptyBody,
  decodeFrame,
  encodePingFrame,
  encodePongFrame,
  FrameType,
} from '../../../src/index.js'
import { u32 } from '../../support/arbitraries.js'
import { errorOf } from '../../support/errors.js'
import { readGolden } from '../../support/hex.js'

const CASES = [
  { name: 'PING', type: FrameType.PING, encode: encodePingFrame },
  { name: 'PONG', type: FrameType.PONG, encode: encodePongFrame },
] as const

describe.each(CASES)('$name', ({ name, type, encode }) => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(u32, (nonce) => {
        const frame = decodeFrame(encode(nonce))
        expect({ ...frame, body: frame.body.byteLength }).toEqual({
          type,
          flags: 0,
          channel: 0,
          argument: nonce,
          body: 0,
        })
        checkEmptyBody(frame.body, name)
      }),
    )
  })

  it('matches its frozen frame', () => {
    expect(encode(0xdead_beef)).toEqual(readGolden(name.toLowerCase()))
  })

  it('is a typed error when truncated at any byte', () => {
    const frame = encode(1)
    for (let length = 0; length < frame.byteLength; length += 1) {
      expect(errorOf(() => decodeFrame(frame.subarray(0, length))).code).toBe('MALFORMED_FRAME')
    }
  })

  it('refuses a body', () => {
    const error = errorOf(() => checkEmptyBody(new Uint8Array(1), name))
    expect(error.message).toBe(`body is 1 bytes, must be empty (${name})`)
  })
})
