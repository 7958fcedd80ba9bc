import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { jsonBlock, jsonLine } from '../../../src/values/json-tokens.js'
import { textOf } from '../../../src/values/value-token.js'

describe('jsonBlock', () => {
  it('puts each member on a line of its own and leaves empty ones closed', () => {
    const source = '{"a":[1,{"b":[]}],"c":{},"d":"x"}'
    expect(textOf(jsonBlock(source))).toBe(
      [
        '{',
        '  "a": [',
        '    1,',
        '    {',
        '      "b": []',
        '    }',
        '  ],',
        '  "c": {},',
        '  "d": "x"',
        '}',
      ].join('\n'),
    )
  })

  it('lays out as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.json(), (source) => {
        const value: unknown = JSON.parse(source)
        expect(textOf(jsonBlock(JSON.stringify(value)))).toBe(JSON.stringify(value, null, 2))
      }),
    )
  })

  it('takes text that ends in the middle', () => {
    expect(textOf(jsonBlock('{"a": {"b": "unfini'))).toBe('{\n  "a": {\n    "b": "unfini')
    expect(textOf(jsonBlock('["x\\'))).toBe('[\n  "x\\')
    expect(textOf(jsonBlock('}}]'))).toBe('}\n}\n]')
  })
})

describe('jsonLine', () => {
  it('loses nothing of any text but the space between', () => {
    fc.assert(
      fc.property(fc.string(), (source) => {
        const shown = textOf(jsonLine(source))
        const isPrintable = !/[^\u0020-\u007e]/.test(source)
        if (isPrintable) expect(shown.replace(/\s/g, '')).toBe(source.replace(/\s/g, ''))
      }),
    )
  })
})
