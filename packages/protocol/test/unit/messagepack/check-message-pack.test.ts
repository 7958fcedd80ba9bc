import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { CONTROL_DEPTH_MAX, CONTROL_VALUES_MAX } from '../../../src/index.js'
import { checkMessagePack } from '../../../src/messagepack/check-message-pack.js'
import { errorOf } from '../../support/errors.js'
import { parseHex } from '../../support/hex.js'
import { plainMsgpackr } from '../../support/plain-msgpackr.js'

function faultOf(body: Uint8Array): string {
  const error = errorOf(() => checkMessagePack(body, 'TEST'))
  expect(error.code).toBe('MALFORMED_FRAME')
  return error.message
}

describe('checkMessagePack', () => {
  it('accepts whatever msgpackr writes of plain values, and no part of it', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', maxDepth: CONTROL_DEPTH_MAX - 2 },
        fc.oneof(
          fc.integer(),
          fc.double(),
          fc.maxSafeInteger(),
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
          fc.string({ unit: 'grapheme', maxLength: 300 }),
          fc.boolean(),
          fc.constant(null),
          fc.uint8Array({ maxLength: 300 }),
        ),
        fc.array(tie('value'), { maxLength: 20 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 20, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, fc.nat(), (plain, at) => {
        const body = Uint8Array.from(plainMsgpackr.pack(plain))
        checkMessagePack(body, 'TEST')
        faultOf(body.subarray(0, at % body.byteLength))
      }),
    )
  })

  it.each([
    ['fixint', '7f'],
    ['negative fixint', 'e0'],
    ['nil, false, true', '93 c0 c2 c3'],
    ['bin 8, 16, 32', '93 c4 01 ff c5 00 01 ff c6 00 00 00 01 ff'],
    ['float 32, 64', '92 ca 00 00 00 00 cb 00 00 00 00 00 00 00 00'],
    ['uint 8, 16', '92 cc 01 cd 00 01'],
    ['uint 32, 64', '92 ce 00 00 00 01 cf 00 00 00 00 00 00 00 01'],
    ['int 8, 16', '92 d0 01 d1 00 01'],
    ['int 32, 64', '92 d2 00 00 00 01 d3 00 00 00 00 00 00 00 01'],
    ['str fix, 8, 16, 32', '94 a1 61 d9 01 61 da 00 01 61 db 00 00 00 01 61'],
    ['array 16, 32', '92 dc 00 01 c0 dd 00 00 00 01 c0'],
    ['map 16, 32', '92 de 00 01 a1 61 c0 df 00 00 00 01 a1 61 c0'],
    ['empty containers', '94 90 80 dc 00 00 de 00 00'],
  ])('accepts %s', (_, hex) => {
    const body = parseHex(hex)
    checkMessagePack(body, 'TEST')
    for (let length = 0; length < body.byteLength; length += 1) faultOf(body.subarray(0, length))
  })

  it.each([
    ['array 32', 'dd ff ff ff ff c0'],
    ['array 16', 'dc ff ff c0'],
    ['map 32', 'df ff ff ff ff a1 61 c0'],
    ['map 16', 'de ff ff a1 61 c0'],
    ['bin 32', 'c6 ff ff ff ff 00'],
    ['bin 16', 'c5 ff ff 00'],
    ['bin 8', 'c4 ff 00'],
    ['str 32', 'db ff ff ff ff 61'],
    ['str 16', 'da ff ff 61'],
    ['str 8', 'd9 ff 61'],
    ['fixstr', 'bf 61'],
    ['fixmap', '8f a1 61 c0'],
    ['fixarray', '9f c0'],
    ['an array inside a map', '81 a1 61 dd ff ff ff ff c0 c0 c0'],
  ])('refuses %s that claims more than the body holds, at its header', (_, hex) => {
    expect(faultOf(parseHex(hex))).toMatch(/^body needs \d+ bytes at byte \d+, has \d+ \(TEST\)$/)
  })

  it('counts a map entry as two values', () => {
    expect(faultOf(parseHex('df ff ff ff ff a1 61 c0'))).toBe(
      'body needs 8589934590 bytes at byte 5, has 3 (TEST)',
    )
  })

  it.each([
    ['fixext 1: nothing, and msgpackr records', 'd4 72 40 91 a1 61 01'],
    ['fixext 2', 'd5 01 00 00'],
    ['fixext 4: a timestamp', 'd6 ff 00 00 00 00'],
    ['fixext 8', 'd7 ff 00 00 00 00 00 00 00 00'],
    ['fixext 16', `d8 01 ${'00 '.repeat(16)}`],
    ['ext 8', 'c7 01 78 00'],
    ['ext 16: strings bundled by msgpackr', 'c8 00 01 62 00'],
    ['ext 32', 'c9 ff ff ff ff 74 00'],
    ['the byte that MessagePack never uses', 'c1'],
  ])('refuses %s', (_, hex) => {
    expect(faultOf(parseHex(hex))).toBe('body has an extension or reserved type at byte 0 (TEST)')
    expect(faultOf(parseHex(`81 a1 61 ${hex}`))).toBe(
      'body has an extension or reserved type at byte 3 (TEST)',
    )
  })

  it.each(['c0', 'c3', '01', 'c4 01 61', '90', '80', 'cb 00 00 00 00 00 00 00 00'])(
    'refuses %s as a key',
    (hex) => {
      expect(faultOf(parseHex(`81 ${hex} c0`))).toBe(
        'body has a map key that is not a string at byte 1 (TEST)',
      )
      expect(faultOf(parseHex(`82 a1 61 c0 ${hex} c0`))).toBe(
        'body has a map key that is not a string at byte 4 (TEST)',
      )
    },
  )

  it('counts the nesting, the outermost included', () => {
    const nested = (depth: number) => Uint8Array.of(...Array<number>(depth).fill(0x91), 0xc0)
    checkMessagePack(nested(CONTROL_DEPTH_MAX), 'TEST')
    expect(faultOf(nested(CONTROL_DEPTH_MAX + 1))).toBe(
      'body has more than 8 nested maps and arrays at byte 8 (TEST)',
    )
    expect(faultOf(new Uint8Array(1 << 20).fill(0x91))).toContain('nested')
    expect(faultOf(new Uint8Array(1 << 20).fill(0x81))).toContain('key')
  })

  it('takes its keys for keys again after a nested value', () => {
    checkMessagePack(parseHex('82 a1 61 92 c0 c0 a1 62 81 a1 63 c0'), 'TEST')
    expect(faultOf(parseHex('82 a1 61 92 c0 c0 c0 c0'))).toContain('key')
  })

  it('counts the values, keys and containers among them', () => {
    const flat = (count: number) => {
      const body = new Uint8Array(5 + count).fill(0xc0)
      body[0] = 0xdd
      new DataView(body.buffer).setUint32(1, count)
      return body
    }
    checkMessagePack(flat(CONTROL_VALUES_MAX - 1), 'TEST')
    expect(faultOf(flat(CONTROL_VALUES_MAX))).toContain('more than 65536 values')
  })

  it('refuses bytes after the value, and no value at all', () => {
    expect(faultOf(parseHex('80 00'))).toBe('body has 1 bytes after its end at byte 1 (TEST)')
    expect(faultOf(new Uint8Array(0))).toBe('body needs 1 bytes at byte 0, has 0 (TEST)')
  })
})
