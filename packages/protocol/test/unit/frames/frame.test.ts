import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  ARGUMENT_MAX,
  CHANNEL_MAX,
  checkFrame,
  checkFrameSize,
  COMMAND_TABLE,
  decodeFrame,
  encodeFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  LIMITS,
  readFrameArgument,
  readFrameChannel,
  readFrameFlags,
  readFrameType,
  writeFramePrefix,
} from '../../../src/index.js'
import { u32 } from '../../support/arbitraries.js'
import { errorOf } from '../../support/errors.js'
import { readGolden } from '../../support/hex.js'

const type = fc.constantFrom(...COMMAND_TABLE.map((command) => command.type))
const fields = fc.record({ flags: fc.nat(0xff), channel: fc.nat(CHANNEL_MAX), argument: u32 })

describe('frame prefix', () => {
  it('decodes what it encodes, as an object and field by field', () => {
    fc.assert(
      fc.property(type, fields, fc.uint8Array(), (number, prefix, body) => {
        const bytes = encodeFrame(number, prefix, body)
        expect(bytes.byteLength).toBe(FRAME_PREFIX_BYTES + body.byteLength)
        expect(decodeFrame(bytes)).toEqual({ type: number, ...prefix, body })
        checkFrame(bytes)
        expect(readFrameType(bytes)).toBe(number)
        expect(readFrameFlags(bytes)).toBe(prefix.flags)
        expect(readFrameChannel(bytes)).toBe(prefix.channel)
        expect(readFrameArgument(bytes)).toBe(prefix.argument)
      }),
    )
  })

  it('is written where asked and nowhere else', () => {
    const target = new Uint8Array(24).fill(0xee)
    const prefix = { type: FrameType.PUBLISH, flags: 1, channel: 0x0203, argument: 0x04050607 }
    writeFramePrefix(target, 8, prefix)
    const expected = new Uint8Array(24).fill(0xee)
    expected.set([0x40, 0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04], 8)
    expect(target).toEqual(expected)
    expect(decodeFrame(target.subarray(8))).toMatchObject(prefix)
  })

  it('hands out the body as a view of the message', () => {
    const bytes = encodeFrame(FrameType.DELIVER, { channel: 1 }, Uint8Array.of(1, 2, 3))
    const { body } = decodeFrame(bytes)
    bytes[FRAME_PREFIX_BYTES] = 9
    expect(body).toEqual(Uint8Array.of(9, 2, 3))
    expect(body.buffer).toBe(bytes.buffer)
  })

  it('matches the frozen frames that carry batches', () => {
    const batch = Uint8Array.from({ length: 16 }, (_, i) => i)
    expect(encodeFrame(FrameType.PUBLISH, { channel: 1, argument: 17 }, batch)).toEqual(
      readGolden('publish'),
    )
    expect(encodeFrame(FrameType.DELIVER, { channel: 2 }, batch)).toEqual(readGolden('deliver'))
  })

  it('is a typed error when truncated at any byte', () => {
    for (let length = 0; length < FRAME_PREFIX_BYTES; length += 1) {
      const error = errorOf(() => decodeFrame(readGolden('ping').subarray(0, length)))
      expect(error).toMatchObject({
        code: 'MALFORMED_FRAME',
        message: `frame is ${String(length)} bytes, must be at least 8`,
        details: { neededBytes: 8, availableBytes: length },
      })
    }
  })

  it('refuses every type that is not in the table', () => {
    const known = new Set<number>(COMMAND_TABLE.map((command) => command.type))
    for (let number = 0; number < 256; number += 1) {
      if (known.has(number)) continue
      const bytes = new Uint8Array(FRAME_PREFIX_BYTES)
      bytes[0] = number
      const error = errorOf(() => decodeFrame(bytes))
      expect(error).toMatchObject({ code: 'UNKNOWN_COMMAND', details: { type: number } })
    }
    expect(errorOf(() => decodeFrame(new Uint8Array(8))).message).toBe(
      'frame type 0x00 is not known to protocol version 1',
    )
  })

  it('refuses a type that only goes the other way', () => {
    const welcome = encodeFrame(FrameType.WELCOME, {})
    expect(decodeFrame(welcome, 'client').type).toBe(FrameType.WELCOME)
    expect(errorOf(() => decodeFrame(welcome, 'server'))).toMatchObject({
      code: 'UNKNOWN_COMMAND',
      message: 'frame type WELCOME is not one that a server is sent',
    })
    const publish = encodeFrame(FrameType.PUBLISH, { channel: 1 })
    checkFrame(publish, 'server')
    expect(errorOf(() => checkFrame(publish, 'client')).message).toBe(
      'frame type PUBLISH is not one that a client is sent',
    )
  })

  it.each([
    [{ flags: 256 }, 'flags is 256, must be an integer from 0 to 255'],
    [{ flags: -1 }, 'flags is -1'],
    [{ channel: CHANNEL_MAX + 1 }, 'channel is 65536, must be an integer from 0 to 65535'],
    [{ argument: ARGUMENT_MAX + 1 }, 'argument is 4294967296'],
    [{ argument: 0.5 }, 'argument is 0.5'],
    [{ argument: Number.NaN }, 'argument is NaN'],
  ])('refuses to write %j', (prefix, message) => {
    expect(() => encodeFrame(FrameType.PING, prefix)).toThrow(message)
  })

  it('refuses to write past the end of the target', () => {
    const target = new Uint8Array(15)
    writeFramePrefix(target, 7, { type: FrameType.PING })
    expect(() => writeFramePrefix(target, 8, { type: FrameType.PING })).toThrow(RangeError)
    expect(() => writeFramePrefix(new Uint8Array(7), 0, { type: FrameType.PING })).toThrow(
      RangeError,
    )
  })
})

describe('frame size', () => {
  it('is refused one byte above the limit', () => {
    checkFrameSize(LIMITS.frameBytesMax, LIMITS.frameBytesMax)
    const error = errorOf(() => checkFrameSize(LIMITS.frameBytesMax + 1, LIMITS.frameBytesMax))
    expect(error).toMatchObject({
      code: 'FRAME_TOO_LARGE',
      message: 'frame is 16777225 bytes, must be at most 16777224',
      details: { frameBytes: 16_777_225, frameBytesMax: 16_777_224 },
    })
  })
})
