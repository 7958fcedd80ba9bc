/** The registry of errors and everything that derives from it. */

import { describe, expect, it } from 'vitest'
import {
  AssertionError,
  ConnectionError,
  ERROR_REGISTRY,
  type ErrorCode,
  FormatError,
  LimitError,
  ProtocolError,
  RequestError,
  StorageError,
  TailraceError,
  assert,
  createTailraceError,
  errorFromWire,
  unreachable,
} from '../../../src/index.js'
import { thrownBy } from '../../support/batches.js'

const CODES = Object.keys(ERROR_REGISTRY) as ErrorCode[]
const CLASSES = {
  FormatError,
  ProtocolError,
  RequestError,
  StorageError,
  LimitError,
  ConnectionError,
}
const NUMBERS = {
  FormatError: [10, 99],
  ProtocolError: [100, 199],
  RequestError: [200, 299],
  StorageError: [300, 399],
  LimitError: [400, 499],
} as const
const ACTIONS = ['fix-request', 'retry', 'reconnect', 'reset-offset', 'reopen', 'stop']

describe('the registry', () => {
  it('gives no number twice', () => {
    const numbers = CODES.map((code) => ERROR_REGISTRY[code].number).filter((n) => n !== null)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  // Shipped clients map these: a change here breaks them. New codes are added at the end.
  it('keeps the numbers that were released', () => {
    expect(Object.fromEntries(CODES.map((code) => [code, ERROR_REGISTRY[code].number]))).toEqual({
      TRUNCATED: 10,
      BAD_MAGIC: 11,
      UNSUPPORTED_FORMAT_VERSION: 12,
      CHECKSUM_MISMATCH: 13,
      INVALID_FIELD: 14,
      MALFORMED_FRAME: 100,
      FRAME_TOO_LARGE: 101,
      UNKNOWN_COMMAND: 102,
      UNSUPPORTED_PROTOCOL_VERSION: 103,
      HANDSHAKE_REQUIRED: 104,
      UNSUPPORTED_SUBPROTOCOL: 105,
      PEER_SILENT: 106,
      STREAM_NOT_FOUND: 200,
      STREAM_EXISTS: 201,
      INVALID_STREAM_NAME: 202,
      OFFSET_OUT_OF_RANGE: 203,
      BATCH_TOO_LARGE: 204,
      UNKNOWN_CURSOR: 205,
      UNAUTHORIZED: 206,
      FENCED: 207,
      OUT_OF_SEQUENCE: 208,
      EPOCH_MISMATCH: 209,
      EXPECTED_OFFSET_MISMATCH: 210,
      INVALID_CONFIG: 211,
      UNKNOWN_CHANNEL: 212,
      INVALID_REQUEST: 213,
      CURSOR_CONFLICT: 214,
      IO_ERROR: 300,
      NO_SPACE: 301,
      STREAM_CORRUPT: 302,
      STORE_LOCKED: 303,
      STREAM_CLOSED: 304,
      STREAM_POISONED: 305,
      STORE_NOT_WRITABLE: 306,
      UNSUPPORTED_STORE_VERSION: 307,
      STORE_CLOSED: 308,
      STORE_NOT_FOUND: 309,
      TOO_MANY_CONNECTIONS: 400,
      TOO_MANY_SUBSCRIPTIONS: 401,
      THROTTLED: 402,
      SHUTTING_DOWN: 403,
      CONNECTION_LOST: null,
      CONNECT_FAILED: null,
      CONNECT_TIMEOUT: null,
      REQUEST_TIMEOUT: null,
      CLIENT_CLOSED: null,
      ADDRESS_IN_USE: null,
      SUBSCRIPTION_CLOSED: null,
      PRODUCER_CLOSED: null,
      UNKNOWN_SERVER_ERROR: null,
    })
  })

  it.each(CODES)('says class, action and one sentence for %s', (code) => {
    const row = ERROR_REGISTRY[code]
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(Object.keys(CLASSES)).toContain(row.class)
    expect(ACTIONS).toContain(row.action)
    expect(row.summary).toMatch(/^[A-Z].*[^.]\.$/)
    if (row.class === 'ConnectionError') {
      expect(row.number).toBeNull()
    } else {
      const [min, max] = NUMBERS[row.class]
      expect(row.number).toBeGreaterThanOrEqual(min)
      expect(row.number).toBeLessThanOrEqual(max)
    }
  })
})

describe('an error', () => {
  it.each(CODES)('of the code %s has its class, name, code and action', (code) => {
    const cause = new Error('below')
    const error = createTailraceError(code, 'what happened', { details: { offset: 5 }, cause })
    expect(error).toBeInstanceOf(CLASSES[ERROR_REGISTRY[code].class])
    expect(error).toBeInstanceOf(TailraceError)
    expect(error).toMatchObject({
      code,
      name: ERROR_REGISTRY[code].class,
      action: ERROR_REGISTRY[code].action,
      message: 'what happened',
      details: { offset: 5 },
      cause,
    })
    expect(error.stack).toContain(`${error.name}: what happened`)
  })

  it('has empty details and no cause unless given', () => {
    const error = new RequestError('FENCED', 'a newer producer took over')
    expect(error.details).toEqual({})
    expect('cause' in error).toBe(false)
  })

  it('is known by its brand, also across copies of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('tailrace.error')]: true })
    expect(TailraceError.is(new StorageError('NO_SPACE', 'disk full'))).toBe(true)
    expect(TailraceError.is(foreign)).toBe(true)
    for (const other of [new Error('x'), null, undefined, 'x', 5, {}]) {
      expect(TailraceError.is(other)).toBe(false)
    }
  })
})

describe('an error from the wire', () => {
  const wired = CODES.filter((code) => ERROR_REGISTRY[code].number !== null)

  it.each(wired)('comes back as %s', (code) => {
    const error = errorFromWire(ERROR_REGISTRY[code].number ?? -1, 'said', { retryAfterMs: 5 })
    expect(error).toBeInstanceOf(CLASSES[ERROR_REGISTRY[code].class])
    expect(error).toMatchObject({ code, message: 'said', details: { retryAfterMs: 5 } })
  })

  it.each([0, 9, 499, 65535, -1, 1.5, Number.NaN])('with the unknown number %s stops', (number) => {
    expect(errorFromWire(number, 'said', { stream: 'a' })).toMatchObject({
      code: 'UNKNOWN_SERVER_ERROR',
      action: 'stop',
      message: 'said',
      details: { stream: 'a', number },
    })
  })

  it('needs no details', () => {
    expect(errorFromWire(200, 'said').details).toEqual({})
  })
})

describe('an assertion', () => {
  it('throws only when it does not hold', () => {
    assert(true, 'holds')
    const error = thrownBy(() => assert(false, 'offsets are dense'))
    expect(error).toBeInstanceOf(AssertionError)
    expect(error).toMatchObject({ name: 'AssertionError', message: 'offsets are dense' })
    expect(TailraceError.is(error)).toBe(false)
  })

  it('ends a switch that is not exhaustive after all', () => {
    expect(() => unreachable('odd' as never)).toThrow(AssertionError)
  })
})
