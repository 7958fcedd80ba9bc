import { describe, expect, it } from 'vitest'

import { Fields } from '../../src/fields.js'
import { encodeControl } from '../../src/messagepack/control-codec.js'
import { errorOf } from '../support/errors.js'
import { parseHex } from '../support/hex.js'

function fieldsOf(message: object): Fields {
  return Fields.decode(encodeControl(message, 0), 'TEST')
}

describe('Fields', () => {
  it('take a float that has the value of an integer, and no other', () => {
    expect(fieldsOf({ a: 2 ** 40 }).integer('a')).toBe(2 ** 40)
    for (const a of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', true, []]) {
      const { code, details } = errorOf(() => fieldsOf({ a }).integer('a'))
      expect({ code, details }).toEqual({ code: 'MALFORMED_FRAME', details: { field: 'a' } })
    }
  })

  it('read minus zero as zero', () => {
    const body = parseHex('81 a1 61 cb 80 00 00 00 00 00 00 00')
    expect(Object.is(Fields.decode(body, 'TEST').integer('a'), 0)).toBe(true)
  })

  it('refuse one below and one above an integer range, and take its ends', () => {
    const range = { min: 5, max: 7 }
    expect(fieldsOf({ a: 5 }).integer('a', range)).toBe(5)
    expect(fieldsOf({ a: 7 }).integer('a', range)).toBe(7)
    for (const a of [4, 8]) {
      expect(errorOf(() => fieldsOf({ a }).integer('a', range)).message).toBe(
        `field "a" is ${String(a)}, must be an integer from 5 to 7 (TEST)`,
      )
    }
  })

  it('do not see what an object inherits', () => {
    const fields = fieldsOf({})
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(fields.has(name)).toBe(false)
      expect(errorOf(() => fields.map(name)).message).toContain('is missing')
    }
  })

  it('shorten a long string in a refusal, and escape what would break a log line', () => {
    const long = errorOf(() => fieldsOf({ a: 'ab'.repeat(500) }).boolean('a'))
    expect(long.message).toBe(
      `field "a" is "${'ab'.repeat(30)}"… (1000 characters), must be true or false (TEST)`,
    )
    const lines = errorOf(() => fieldsOf({ a: 'x\nERROR y' }).boolean('a'))
    expect(lines.message).toBe('field "a" is "x\\nERROR y", must be true or false (TEST)')
  })

  it('name nested fields by their path', () => {
    const fields = fieldsOf({ outer: { items: [{ size: 1 }, { size: -1 }] } })
    const items = fields.map('outer').maps('items')
    expect(items[0]?.integer('size')).toBe(1)
    expect(errorOf(() => items[1]?.integer('size')).message).toContain(
      'field "outer.items[1].size" is -1',
    )
  })
})
