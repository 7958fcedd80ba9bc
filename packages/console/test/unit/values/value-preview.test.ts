import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { ValueFormat } from '../../../src/route/hash-route.js'
import { ValuePreviewer, type ValuePreview } from '../../../src/values/value-preview.js'
import { textOf } from '../../../src/values/value-token.js'
import { decodeMessagePack, encodeMessagePack } from './message-pack.js'

describe('a value in one line', () => {
  it('shows JSON with space after each colon and comma', () => {
    const shown = preview('{"id":17,\n  "name":"x, y: z","tags":[1,2.50,-3e4],"none":null}')
    expect(shown.kind).toBe('json')
    expect(textOf(shown.tokens)).toBe(
      '{"id": 17, "name": "x, y: z", "tags": [1, 2.50, -3e4], "none": null}',
    )
  })

  it('tells keys from strings, numbers and words', () => {
    const kinds = preview('{"a":"b","c":[1,true]}').tokens.map(({ kind, text }) => [kind, text])
    expect(kinds).toEqual([
      ['punctuation', '{'],
      ['key', '"a"'],
      ['punctuation', ': '],
      ['string', '"b"'],
      ['punctuation', ', '],
      ['key', '"c"'],
      ['punctuation', ': ['],
      ['number', '1'],
      ['punctuation', ', '],
      ['literal', 'true'],
      ['punctuation', ']}'],
    ])
  })

  it('shows the digits that are there, not those of a double', () => {
    const source = '{"id": 12345678901234567890, "ratio": 1.0, "ratio": 2}'
    expect(textOf(preview(source).tokens)).toBe(source)
  })

  it('shows what is nearly JSON as the text it is', () => {
    const shown = preview('{"id":17')
    expect(shown).toEqual({ kind: 'text', tokens: [{ kind: 'text', text: '{"id":17' }] })
  })

  it('shows markup as text', () => {
    const markup = '<img src=x onerror="alert(1)">'
    expect(preview(markup)).toEqual({ kind: 'text', tokens: [{ kind: 'text', text: markup }] })
  })

  it('makes visible what cannot be seen', () => {
    const shown = preview('a\tb\r\n\u001b[31mred\u202egnp.exe')
    expect(shown.kind).toBe('text')
    expect(textOf(shown.tokens)).toBe('a\\tb\\r\\n\\x1b[31mred\\u202egnp.exe')
    expect(shown.tokens.filter(({ kind }) => kind === 'escape').map(({ text }) => text)).toEqual([
      '\\t',
      '\\r',
      '\\n',
      '\\x1b',
      '\\u202e',
    ])
    expect(textOf(preview('{"a":"\u202e"}').tokens)).toBe('{"a": "\\u202e"}')
  })

  it('shows MessagePack like JSON, with what JSON has no word for', () => {
    const shown = preview(
      encodeMessagePack({
        id: 7,
        big: 2n ** 63n,
        when: new Date(0),
        raw: Uint8Array.of(0xde, 0xad),
        nested: [null, { deep: false }],
      }),
    )
    expect(shown.kind).toBe('msgpack')
    expect(textOf(shown.tokens)).toBe(
      '{"id": 7, "big": 9223372036854775808, "when": "1970-01-01T00:00:00.000Z", ' +
        '"raw": "2 bytes: de ad", "nested": [null, {"deep": false}]}',
    )
  })

  it('shows other bytes in hexadecimal', () => {
    const shown = preview(Uint8Array.of(0xc1, 0, 1, 0xfe, 0xff))
    expect(shown).toEqual({ kind: 'binary', tokens: [{ kind: 'hex', text: 'c1 00 01 fe ff' }] })
    const long = preview(new Uint8Array(200).fill(0xc1))
    expect(textOf(long.tokens)).toMatch(/^(c1 ){95}c1…$/)
  })

  it('says that nothing is nothing', () => {
    expect(preview('')).toEqual({ kind: 'empty', tokens: [{ kind: 'note', text: 'empty' }] })
  })

  it('cuts a long value off and says so', () => {
    const shown = preview('x'.repeat(401))
    expect(textOf(shown.tokens)).toBe(`${'x'.repeat(400)}…`)
    expect(textOf(preview('x'.repeat(400)).tokens)).toBe('x'.repeat(400))
  })

  it('shows the front of JSON that is too long to parse', () => {
    const shown = preview(`{"first": 1, "rest": "${'é'.repeat(20_000)}"}`)
    expect(shown.kind).toBe('json')
    expect(textOf(shown.tokens).slice(0, 30)).toBe('{"first": 1, "rest": "éééééééé')
  })

  it('is not confused by a character that the cut goes through', () => {
    // One byte in front puts every following boundary in the middle of a character.
    const shown = preview(`a${'é'.repeat(20_000)}`)
    expect(shown.kind).toBe('text')
  })
})

describe('a named format', () => {
  it('is used even where it fits badly', () => {
    expect(preview('{"a":1}', 'text')).toEqual({
      kind: 'text',
      tokens: [{ kind: 'text', text: '{"a":1}' }],
    })
    expect(textOf(preview('AB', 'hex').tokens)).toBe('41 42')
    expect(textOf(preview(Uint8Array.of(0xff), 'text').tokens)).toBe('\ufffd')
    expect(textOf(preview('7', 'msgpack').tokens)).toBe('55')
  })

  it('says when the bytes are not that', () => {
    expect(textOf(preview('plain', 'json').tokens)).toBe('not JSON 70 6c 61 69 6e')
    expect(textOf(preview('plain', 'msgpack').tokens)).toBe('not MessagePack 70 6c 61 69 6e')
  })
})

describe('any bytes at all', () => {
  it('are shown on one line, in every format, without an error', () => {
    const formats = ['auto', 'json', 'msgpack', 'text', 'hex'] as const
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom(...formats),
        (bytes, format) => {
          const shown = preview(bytes, format)
          expect(textOf(shown.tokens)).not.toMatch(/[\n\r]/)
          expect(shown.tokens.length).toBeGreaterThan(0)
        },
      ),
    )
  })

  it('that are JSON lose nothing but the space between', () => {
    fc.assert(
      fc.property(fc.json(), (source) => {
        const shown = textOf(preview(source, 'json').tokens)
        if (shown.endsWith('…')) return
        expect(JSON.parse(shown)).toEqual(JSON.parse(source))
      }),
    )
  })
})

function preview(value: string | Uint8Array, format: ValueFormat = 'auto'): ValuePreview {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return new ValuePreviewer(format, decodeMessagePack).preview(bytes)
}
