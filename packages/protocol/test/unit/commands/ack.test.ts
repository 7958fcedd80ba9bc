import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  ACK_ENTRY_BYTES,
  AckCursor,
  AckFrameBuilder,
  decodeAckBody,
  decodeFrame,
  encodeAckFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  OFFSET_UNKNOWN,
  type AckEntry,
} from '../../../src/index.js'
import { channel, record, safeInteger, u32 } from '../../support/arbitraries.js'
import { errorOf } from '../../support/errors.js'
import { readGolden } from '../../support/hex.js'

const entry: fc.Arbitrary<AckEntry> = record({
  channel,
  throughOrdinal: u32,
  baseOffset: safeInteger,
  isDuplicate: fc.boolean(),
  isDurable: fc.boolean(),
})

const ENTRIES: readonly AckEntry[] = [
  {
    channel: 1,
    throughOrdinal: 17,
    baseOffset: 5_000_000_000,
    isDuplicate: false,
    isDurable: true,
  },
  {
    channel: 300,
    throughOrdinal: 0xffff_ffff,
    baseOffset: OFFSET_UNKNOWN,
    isDuplicate: true,
    isDurable: false,
  },
]

const FIRST: AckEntry = {
  channel: 1,
  throughOrdinal: 0,
  baseOffset: 0,
  isDuplicate: false,
  isDurable: false,
}

describe('ACK', () => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 100 }), (entries) => {
        const bytes = encodeAckFrame(entries)
        const frame = decodeFrame(bytes)
        expect(frame).toMatchObject({ type: FrameType.ACK, channel: 0, argument: 0, flags: 0 })
        expect(bytes.byteLength).toBe(FRAME_PREFIX_BYTES + entries.length * ACK_ENTRY_BYTES)
        expect(decodeAckBody(frame.body)).toEqual(entries)
      }),
    )
  })

  it('matches its frozen frame', () => {
    const frozen = readGolden('ack')
    expect(encodeAckFrame(ENTRIES)).toEqual(frozen)
    expect(decodeAckBody(decodeFrame(frozen).body)).toEqual(ENTRIES)
  })

  it('is a typed error when truncated inside an entry', () => {
    const body = readGolden('ack').subarray(FRAME_PREFIX_BYTES)
    for (let length = 0; length < body.byteLength; length += 1) {
      if (length === ACK_ENTRY_BYTES) continue
      const error = errorOf(() => decodeAckBody(body.subarray(0, length)))
      expect(error.code).toBe('MALFORMED_FRAME')
      expect(error.message).toBe(`body is ${length} bytes, must be a positive multiple of 16 (ACK)`)
    }
  })

  it('refuses channel 0 and an offset above 2^53 - 1', () => {
    const body = readGolden('ack').slice(FRAME_PREFIX_BYTES)
    const noChannel = body.slice()
    noChannel.set([0, 0], 0)
    expect(errorOf(() => decodeAckBody(noChannel)).message).toContain('"channel" is 0')
    const beyond = body.slice()
    beyond.set([0, 0, 0, 0, 0, 0, 0x20, 0], 8)
    expect(errorOf(() => decodeAckBody(beyond)).message).toContain('"baseOffset" is above')
  })

  it('ignores flags it does not know', () => {
    const body = readGolden('ack').slice(FRAME_PREFIX_BYTES)
    body.set([0xff, 0xff], 2)
    expect(decodeAckBody(body)[0]).toMatchObject({ isDuplicate: true, isDurable: true })
  })
})

describe('AckCursor', () => {
  it('goes over frame after frame, from any start', () => {
    const cursor = new AckCursor()
    for (let round = 0; round < 3; round += 1) {
      cursor.wrap(readGolden('ack'), FRAME_PREFIX_BYTES)
      for (const expected of ENTRIES) {
        expect(cursor.next()).toBe(true)
        expect(cursor).toMatchObject(expected)
      }
      expect(cursor.next()).toBe(false)
      expect(cursor.next()).toBe(false)
    }
  })

  it('has nothing to go over before it wraps a body', () => {
    expect(new AckCursor().next()).toBe(false)
  })
})

describe('AckFrameBuilder', () => {
  it('makes one frame after another and counts', () => {
    const builder = new AckFrameBuilder()
    for (const entries of [[FIRST], Array<AckEntry>(500).fill(FIRST), ENTRIES]) {
      for (const item of entries) builder.append(item)
      expect(builder.entryCount).toBe(entries.length)
      expect(builder.sizeBytes).toBe(FRAME_PREFIX_BYTES + entries.length * ACK_ENTRY_BYTES)
      expect(builder.build()).toEqual(encodeAckFrame(entries))
      expect(builder.entryCount).toBe(0)
    }
  })

  it('hands out bytes that a later frame does not change', () => {
    const builder = new AckFrameBuilder()
    builder.append(FIRST)
    const frame = builder.build()
    const before = frame.slice()
    for (const item of ENTRIES) builder.append(item)
    builder.build()
    expect(frame).toEqual(before)
  })

  it('takes an entry straight from a cursor', () => {
    const builder = new AckFrameBuilder()
    const cursor = new AckCursor().wrap(readGolden('ack'), FRAME_PREFIX_BYTES)
    while (cursor.next()) builder.append(cursor)
    expect(builder.build()).toEqual(readGolden('ack'))
  })

  it.each([
    [{ channel: 0 }, 'channel is 0, must be an integer from 1 to 65535'],
    [{ channel: 65_536 }, 'channel is 65536, must be an integer from 1 to 65535'],
    [{ throughOrdinal: 2 ** 32 }, 'throughOrdinal is 4294967296'],
    [{ throughOrdinal: -1 }, 'throughOrdinal is -1'],
    [{ baseOffset: -1 }, 'baseOffset is -1'],
    [{ baseOffset: 0.5 }, 'baseOffset is 0.5'],
    [{ baseOffset: 2 ** 53 }, 'baseOffset is 9007199254740992'],
  ])('refuses to send %j', (fields, message) => {
    const builder = new AckFrameBuilder()
    expect(() => builder.append({ ...FIRST, ...fields })).toThrow(message)
    expect(builder.entryCount).toBe(0)
  })

  it('refuses to make a frame of nothing', () => {
    expect(() => new AckFrameBuilder().build()).toThrow('an ACK has at least one entry')
    expect(() => encodeAckFrame([])).toThrow(RangeError)
  })
})
