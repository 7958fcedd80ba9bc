import { describe, expect, it } from 'vitest'

import type { ValueFormat } from '../../../src/route/hash-route.js'
import { detailValue, type ValueDetails } from '../../../src/values/value-details.js'
import { textOf } from '../../../src/values/value-token.js'
import { decodeMessagePack, encodeMessagePack } from './message-pack.js'

describe('a value in full', () => {
  it('lays JSON and MessagePack out', () => {
    const block = '{\n  "a": [\n    1\n  ]\n}'
    expect(shownText(detail('{"a":[1]}'))).toBe(block)
    expect(shownText(detail(encodeMessagePack({ a: [1] })))).toBe(block)
  })

  it('keeps the lines and tabs of text, and writes out what cannot be seen', () => {
    expect(shownText(detail('a\tb\r\nc\u001b\u202e'))).toBe('a\tb\r\nc\\x1b\\u202e')
  })

  it('dumps bytes with their addresses and characters', () => {
    const details = detail(Uint8Array.of(0xc1, 0x41, 0x20, 0x7e, 0x7f, 0, 1, 2, 0x3c, 0xff))
    expect(details).toEqual({
      kind: 'binary',
      body: {
        form: 'dump',
        rows: [
          { address: '00000000', hex: 'c1 41 20 7e 7f 00 01 02', characters: '.A ~....' },
          { address: '00000008', hex: '3c ff                  ', characters: '<.' },
        ],
      },
      note: undefined,
    })
  })

  it('says what is missing of a value that is too long', () => {
    expect(detail(new Uint8Array(5_000).fill(0xc1)).note).toBe('Only 4 KiB of 4.88 KiB are shown.')
    const text = detail('x'.repeat(300_000))
    expect(shownText(text)).toHaveLength(256 * 1024)
    expect(text.note).toBe('Only the front of 293 KiB is shown.')
    expect(detail('x'.repeat(256 * 1024)).note).toBeUndefined()
  })

  it('spends one element on JSON that is long', () => {
    const { body } = detail(JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index)))
    expect(body.form === 'tokens' && body.tokens.length).toBe(1)
  })

  it('says when it is not what was asked for, and when there is nothing', () => {
    expect(detail('plain', 'json').note).toBe('The value is not JSON.')
    expect(detail('').note).toBe('The value has no bytes.')
  })
})

function detail(value: string | Uint8Array, format: ValueFormat = 'auto'): ValueDetails {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return detailValue(bytes, format, decodeMessagePack)
}

function shownText({ body }: ValueDetails): string | undefined {
  return body.form === 'tokens' ? textOf(body.tokens) : undefined
}
