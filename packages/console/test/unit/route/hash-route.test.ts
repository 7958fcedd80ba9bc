import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  formatRoute,
  isSameReading,
  parseRoute,
  streamRoute,
  VALUE_FORMATS,
  type Route,
} from '../../../src/route/hash-route.js'
import { formatStartPosition, parseStartPosition } from '../../../src/route/start-position.js'

const NOW_MS = Date.UTC(2026, 10, 20, 10)

describe('parseRoute', () => {
  it.each(['', '#', '#/', '#/nowhere', '#/streams', '#/streams/', '#/streams/a/b'])(
    'takes %j for the list of streams',
    (hash) => {
      expect(parseRoute(hash, NOW_MS)).toEqual({ view: 'streams', filter: '' })
    },
  )

  it('reads the filter', () => {
    expect(parseRoute('#/?filter=a%26b', NOW_MS)).toEqual({ view: 'streams', filter: 'a&b' })
  })

  it('reads a stream, from the last hundred records unless told otherwise', () => {
    expect(parseRoute('#/streams/orders', NOW_MS)).toEqual({
      view: 'stream',
      name: 'orders',
      from: { kind: 'last', count: 100 },
      format: 'auto',
    })
  })

  it('reads all that a stream can be shown with', () => {
    const hash = '#/streams/orders?from=1200&follow=true&as=hex&record=1234'
    expect(parseRoute(hash, NOW_MS)).toEqual({
      view: 'stream',
      name: 'orders',
      from: { kind: 'offset', offset: 1200 },
      follow: true,
      format: 'hex',
      record: 1234,
    })
  })

  it('keeps a start that is none, so that it can be complained about', () => {
    expect(parseRoute('#/streams/orders?from=banana', NOW_MS)).toMatchObject({
      from: { kind: 'last', count: 100 },
      invalidFrom: 'banana',
    })
  })

  it('ignores a record, a format and a flag that are none', () => {
    expect(parseRoute('#/streams/o?record=x&as=xml&follow=yes', NOW_MS)).toEqual(streamRoute('o'))
    expect(parseRoute('#/streams/o?record=99999999999999999999', NOW_MS)).toEqual(streamRoute('o'))
  })

  it('takes a name that is not properly escaped as it stands', () => {
    expect(parseRoute('#/streams/100%', NOW_MS)).toMatchObject({ name: '100%' })
  })
})

describe('formatRoute', () => {
  it('writes links that people can read', () => {
    expect(formatRoute(streamRoute('orders'))).toBe('#/streams/orders?from=last:100')
    expect(formatRoute(streamRoute('orders', { kind: 'first' }))).toBe(
      '#/streams/orders?from=first',
    )
    expect(formatRoute({ view: 'streams', filter: '' })).toBe('#/')
  })

  it('is read back as the same state, whatever it is', () => {
    fc.assert(
      fc.property(routes(), (route) => {
        expect(parseRoute(formatRoute(route), NOW_MS)).toEqual(route)
      }),
    )
  })
})

describe('isSameReading', () => {
  const orders = streamRoute('orders', { kind: 'first' })

  it('holds while only what is shown of the same records changes', () => {
    expect(isSameReading(orders, { ...orders, format: 'hex', record: 3, follow: true })).toBe(true)
  })

  it('ends with another stream, another start, or the list', () => {
    expect(isSameReading(orders, { ...orders, name: 'other' })).toBe(false)
    expect(isSameReading(orders, { ...orders, from: { kind: 'next' } })).toBe(false)
    expect(isSameReading(orders, { ...orders, invalidFrom: 'x' })).toBe(false)
    expect(isSameReading(orders, { view: 'streams', filter: '' })).toBe(false)
  })
})

describe('parseStartPosition', () => {
  it.each(['first', 'next', 'last:100', '0', '9007199254740991', '2026-11-20T10:00:00.000001Z'])(
    'reads and writes %s',
    (text) => {
      const position = parseStartPosition(text, NOW_MS)
      expect(position && formatStartPosition(position)).toBe(text)
    },
  )

  it('makes a relative time a fixed one', () => {
    const position = parseStartPosition('15m ago', NOW_MS)
    expect(position && formatStartPosition(position)).toBe('2026-11-20T09:45:00.000000Z')
  })

  it.each(['', 'last', 'last:0', 'last:9999999', '-1', '1.5', '9007199254740992', 'First'])(
    'does not take %j',
    (text) => {
      expect(parseStartPosition(text, NOW_MS)).toBeUndefined()
    },
  )
})

function routes(): fc.Arbitrary<Route> {
  const offset = fc.nat(Number.MAX_SAFE_INTEGER)
  const from = fc.oneof(
    fc.constant({ kind: 'first' as const }),
    fc.constant({ kind: 'next' as const }),
    fc.record({ kind: fc.constant('last' as const), count: fc.integer({ min: 1, max: 1e6 }) }),
    fc.record({ kind: fc.constant('offset' as const), offset }),
    fc.record({ kind: fc.constant('time' as const), timeUs: fc.nat(Date.UTC(2100, 0) * 1000) }),
  )
  const stream = fc.record(
    {
      view: fc.constant('stream' as const),
      name: fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,30}$/),
      from,
      format: fc.constantFrom(...VALUE_FORMATS),
      follow: fc.boolean(),
      record: offset,
    },
    { requiredKeys: ['view', 'name', 'from', 'format'], noNullPrototype: true },
  )
  const streams = fc.record(
    { view: fc.constant('streams' as const), filter: fc.string() },
    { noNullPrototype: true },
  )
  return fc.oneof(stream, streams)
}
