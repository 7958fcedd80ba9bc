import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { encoderOf, type Codec, type EncodedRange } from '../../../src/codecs/codec.js'
import { msgpack } from '../../../src/codecs/msgpack-codec.js'
import { raw } from '../../../src/codecs/raw-codec.js'
import { json, text } from '../../../src/codecs/text-codecs.js'

/** What `encodeInto` yields, as a copy. */
function encodedInto<T>(codec: Codec<T>, value: T): Uint8Array {
  const range: EncodedRange = { bytes: new Uint8Array(0), start: 0, end: 0 }
  encoderOf(codec)(value, range)
  return new Uint8Array(range.bytes.slice(range.start, range.end))
}

/** What decoding a value in the middle of other bytes yields. */
function decodedInPlace<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const around = new Uint8Array(bytes.byteLength + 20).fill(0xa3)
  around.set(bytes, 7)
  const end = 7 + bytes.byteLength
  if (codec.decodeRange !== undefined) return codec.decodeRange(around, 7, end)
  return codec.decode(around.subarray(7, end))
}

function expectRoundTrip<T>(codec: Codec<T>, value: T): void {
  const bytes = codec.encode(value).slice()
  // Compared as a whole: `toEqual` takes seconds for a megabyte.
  expect(Buffer.from(bytes).equals(encodedInto(codec, value))).toBe(true)
  expect(codec.decode(bytes)).toEqual(value)
  expect(decodedInPlace(codec, bytes)).toEqual(value)
}

const plainValue = fc.jsonValue({ maxDepth: 4 }).filter((value) => !Object.is(value, -0))

describe('every codec gives back what it was given', () => {
  test('msgpack', () => {
    fc.assert(fc.property(plainValue, (value) => expectRoundTrip(msgpack, value)))
  })

  test('json', () => {
    fc.assert(fc.property(plainValue, (value) => expectRoundTrip(json, value)))
  })

  test('text', () => {
    const wellFormed = fc.string({ unit: 'grapheme', maxLength: 2000 })
    fc.assert(fc.property(wellFormed, (value) => expectRoundTrip(text, value)))
  })

  test('raw', () => {
    fc.assert(fc.property(fc.uint8Array(), (value) => expectRoundTrip(raw, value)))
  })
})

describe('msgpack', () => {
  test('is standard MessagePack, without extensions of its own', () => {
    const bytes = new Uint8Array(msgpack.encode({ id: 1, at: [true, null, 'x'] }).slice())
    expect(bytes).toEqual(
      new Uint8Array([0x82, 0xa2, 105, 100, 1, 0xa2, 97, 116, 0x93, 0xc3, 0xc0, 0xa1, 120]),
    )
  })

  test('has bytes, dates and big integers', () => {
    expectRoundTrip(msgpack, { bytes: new Uint8Array([1, 2, 3]) })
    expectRoundTrip(msgpack, new Date('2026-11-20T10:00:00.123Z'))
    expectRoundTrip(msgpack, 2n ** 60n)
  })

  test('writes undefined as nil', () => {
    expect(msgpack.decode(msgpack.encode(undefined))).toBeNull()
  })

  test('makes no Buffer of what it reads', () => {
    const bytes = new Uint8Array(msgpack.encode(new Uint8Array([1, 2])).slice())
    expect((msgpack.decode(bytes) as Uint8Array).constructor).toBe(Uint8Array)
  })

  test('holds for large values between small ones', () => {
    const large = 'x'.repeat(100_000)
    for (const value of [1, large, 2, [large, large], 3]) expectRoundTrip(msgpack, value)
  })
})

describe('a codec refuses', () => {
  test.each<[string, () => unknown]>([
    ['text that is none', () => text.encode(5 as never)],
    ['json of a function', () => json.encode(() => 1)],
    ['json of undefined', () => json.encode(undefined)],
    ['raw that is none', () => raw.encode('x' as never)],
    ['bytes that are no text', () => text.decode(new Uint8Array([0xff]))],
    ['bytes that are no json', () => json.decode(new Uint8Array([0x7b]))],
    ['no bytes as msgpack', () => msgpack.decodeRange?.(new Uint8Array(4), 2, 2)],
  ])('%s', (_what, use) => {
    expect(use).toThrow()
  })

  test('msgpack that is cut off, wherever', () => {
    const bytes = new Uint8Array(msgpack.encode({ id: 1, name: 'Ada', list: [1, 2, 3] }).slice())
    for (let length = 0; length < bytes.byteLength; length += 1) {
      expect(() => decodedInPlace(msgpack, bytes.subarray(0, length)), `${length}`).toThrow()
    }
  })

  test('any bytes, or decodes them, and works as before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        try {
          msgpack.decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
        expectRoundTrip(msgpack, { a: [1, 'b'] })
      }),
    )
  })
})

test('text keeps a byte order mark, and the buffer of a long value serves for short ones', () => {
  expectRoundTrip(text, '\uFEFFx')
  expectRoundTrip(text, 'é'.repeat(400_000))
  expectRoundTrip(text, 'short')
})

test('a codec without encodeInto is used through encode', () => {
  const codec: Codec<number> = {
    name: 'byte',
    encode: (value) => new Uint8Array([value]),
    decode: (bytes) => bytes[0] ?? 0,
  }
  expect(encodedInto(codec, 7)).toEqual(new Uint8Array([7]))
})
