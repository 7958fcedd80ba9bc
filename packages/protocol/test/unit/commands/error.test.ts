import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  ConnectionError,
  createTailraceError,
  ERROR_REGISTRY,
  RequestError,
  type ErrorCode,
} from '@tailrace/format'

import {
  decodeErrorBody,
  decodeFrame,
  encodeErrorFrame,
  ERROR_FLAG_CHANNEL,
  ERROR_FLAG_REQUEST,
  FRAME_PREFIX_BYTES,
  FrameType,
} from '../../../src/index.js'
import { encodeControl } from '../../../src/messagepack/control-codec.js'
import { text } from '../../support/arbitraries.js'
import { errorOf } from '../../support/errors.js'
import { readGolden } from '../../support/hex.js'

const registered = Object.entries(ERROR_REGISTRY).filter(([, { number }]) => number !== null)
const codes = registered.map(([code]) => code as ErrorCode)

const outOfRange = new RequestError(
  'OFFSET_OUT_OF_RANGE',
  'offset 42 is below the start offset 100 (stream "orders")',
  { details: { stream: 'orders', offset: 42, startOffset: 100, endOffset: 5_000_000_000 } },
)

function sent(error: RequestError | ConnectionError) {
  return decodeErrorBody(decodeFrame(encodeErrorFrame(error)).body)
}

describe('ERROR', () => {
  it('arrives as the error it was, for every code with a number', () => {
    const plain = fc.oneof(fc.maxSafeNat(), text, fc.boolean(), fc.constant(null))
    const details = fc.dictionary(text, plain, { maxKeys: 8, noNullPrototype: true })
    fc.assert(
      fc.property(fc.constantFrom(...codes), text, details, (code, message, fields) => {
        const frame = decodeFrame(
          encodeErrorFrame(createTailraceError(code, message, { details: fields })),
        )
        const error = decodeErrorBody(frame.body)
        expect(frame.type).toBe(FrameType.ERROR)
        expect({ code: error.code, message: error.message }).toEqual({ code, message })
        const { __proto__: _renamed, ...rest } = fields
        expect(error.details).toMatchObject(rest)
      }),
    )
  })

  it('matches its frozen frame', () => {
    const frozen = readGolden('error')
    const fields = { flags: ERROR_FLAG_REQUEST, argument: 7 }
    expect(encodeErrorFrame(outOfRange, fields)).toEqual(frozen)
    const frame = decodeFrame(frozen)
    expect(frame).toMatchObject({ ...fields, channel: 0 })
    expect(decodeErrorBody(frame.body)).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      action: 'reset-offset',
      message: outOfRange.message,
      details: outOfRange.details,
    })
  })

  it('says which channel it closes', () => {
    const frame = decodeFrame(
      encodeErrorFrame(outOfRange, { flags: ERROR_FLAG_CHANNEL, channel: 3, argument: 17 }),
    )
    expect(frame).toMatchObject({ flags: ERROR_FLAG_CHANNEL, channel: 3, argument: 17 })
  })

  it('is a typed error when truncated at any byte', () => {
    const body = readGolden('error').subarray(FRAME_PREFIX_BYTES)
    for (let length = 0; length < body.byteLength; length += 1) {
      expect(errorOf(() => decodeErrorBody(body.subarray(0, length))).code).toBe('MALFORMED_FRAME')
    }
  })

  it.each([
    [{ message: 'm', details: {} }, 'field "code" is missing, must be an integer from 0 to 65535'],
    [{ code: 1, details: {} }, 'field "message" is missing, must be a string of 0 to 1024'],
    [{ code: 1, message: 'm', details: [] }, 'field "details" is an array of 0, must be a map'],
  ])('refuses %j', (body, message) => {
    const error = errorOf(() => decodeErrorBody(encodeControl(body, 0)))
    expect(error.code).toBe('MALFORMED_FRAME')
    expect(error.message).toContain(message)
  })

  it('arrives as UNKNOWN_SERVER_ERROR when its number is of a later version', () => {
    const body = encodeControl({ code: 9999, message: 'from the future', details: { a: 1 } }, 0)
    expect(decodeErrorBody(body)).toMatchObject({
      code: 'UNKNOWN_SERVER_ERROR',
      action: 'stop',
      message: 'from the future',
      details: { a: 1, number: 9999 },
    })
  })

  it('travels as 0 when it has no number', () => {
    expect(sent(new ConnectionError('CONNECTION_LOST', 'gone'))).toMatchObject({
      code: 'UNKNOWN_SERVER_ERROR',
      message: 'gone',
      details: { number: 0 },
    })
  })

  it('leaves its cause and stack at home, and makes details plain', () => {
    const error = new RequestError('INVALID_REQUEST', 'x'.repeat(5000), {
      cause: new Error('secret path'),
      details: {
        when: new Date(0),
        big: 1n,
        none: undefined,
        call: () => 1,
        inner: { deeper: { deepest: { bottom: 1 } } },
        error: new Error('why'),
        list: [1, [2, [3]], 'x'.repeat(2000)],
        long: 'y'.repeat(2000),
      },
    })
    const frame = encodeErrorFrame(error)
    expect(new TextDecoder().decode(frame)).not.toContain('secret')
    const decoded = decodeErrorBody(decodeFrame(frame).body)
    expect(decoded.message).toHaveLength(1024)
    expect(decoded.details).toEqual({
      when: {},
      big: '1',
      call: '(function)',
      inner: { deeper: { deepest: '…' } },
      error: 'why',
      list: [1, [2, '…'], 'x'.repeat(256)],
      long: 'y'.repeat(256),
    })
  })

  it('survives details that refer to themselves, and very many of them', () => {
    const details: Record<string, unknown> = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`field${String(i)}`, i]),
    )
    const error = sent(new RequestError('INVALID_REQUEST', 'many', { details }))
    expect(Object.keys(error.details)).toHaveLength(64)
    details['field0'] = details
    const looped = sent(new RequestError('INVALID_REQUEST', 'loop', { details }))
    expect(JSON.stringify(looped.details).match(/:/g)).toHaveLength(64)
  })

  it('is small enough for a peer however large its details are', () => {
    const wide = Array<string>(500).fill('ä'.repeat(500))
    const details = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`${'k'.repeat(300)}${String(i)}`, [wide, wide]]),
    )
    const error = new RequestError('INVALID_REQUEST', 'ä'.repeat(5000), { details })
    expect(encodeErrorFrame(error).byteLength).toBeLessThan(64 * 1024)
    expect(sent(error).code).toBe('INVALID_REQUEST')
  })
})
