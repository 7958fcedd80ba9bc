/** What a server may be started with. */

import { LIMITS } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { completeLimits, connectionLimitsOf, SERVER_LIMITS } from '../../src/server-limits.js'
import { completeOptions } from '../../src/server-options.js'
import { MemoryStore } from '../support/memory-store.js'

const store = new MemoryStore()

test('the defaults listen to this machine only', () => {
  expect(completeOptions({ store })).toMatchObject({
    host: '127.0.0.1',
    port: 4455,
    limits: SERVER_LIMITS,
    busyPolling: true,
  })
  expect(completeOptions({ store, busyPolling: false }).busyPolling).toBe(false)
})

test('WELCOME says the limits that concern a client, and no others', () => {
  expect(connectionLimitsOf(SERVER_LIMITS)).toEqual(LIMITS)
})

test.each([-1, 65_536, 1.5, Number.NaN])('port %d is refused', (port) => {
  expect(() => completeOptions({ store, port })).toThrow(RangeError)
})

test.each([
  [{ heartbeatMs: 0 }],
  [{ channelsMax: 65_536 }],
  [{ batchBytesMax: 17 * 1024 * 1024 }],
  [{ frameBytesMax: 1024 }],
  [{ windowBytesMax: Number.POSITIVE_INFINITY }],
])('limits %j are refused', (limits) => {
  expect(() => completeLimits(limits)).toThrow(RangeError)
})

test('a batch must fit into a frame', () => {
  expect(completeLimits({ frameBytesMax: 1032, batchBytesMax: 1024 })).toMatchObject({
    batchBytesMax: 1024,
  })
  expect(() => completeLimits({ frameBytesMax: 1031, batchBytesMax: 1024 })).toThrow(
    'limits.batchBytesMax is 1024, must be at most 1023',
  )
})
