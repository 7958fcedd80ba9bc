/** What a server says of a stream that was not left as it should be. */

import { expect, test } from 'vitest'

import { recoveryNotice } from '../../src/serve/recovery-notice.js'

test('names damage, from where on, and what to do', () => {
  const damage = { from: 200, to: 250, segment: '0.log', reason: 'header check mismatch' }
  expect(recoveryNotice('orders', { scannedBytes: 0, rebuilt: [], damage })).toBe(
    'stream "orders" is damaged from offset 200 on (0.log: header check mismatch); it takes no ' +
      'appends and is read up to there; see: tailrace verify orders',
  )
})

test('names producers that are forgotten, and what that means', () => {
  const forgottenProducers = { belowOffset: 40, reason: 'producers.snapshot is missing or damaged' }
  expect(recoveryNotice('orders', { scannedBytes: 0, rebuilt: [], forgottenProducers })).toBe(
    'stream "orders" does not know who wrote the records below offset 40, which were removed ' +
      '(producers.snapshot is missing or damaged); what their producers send again may be stored ' +
      'twice; the file can be restored from a copy while the server is stopped',
  )
})

test('names a torn tail and where its bytes are', () => {
  const tornTail = {
    atPosition: 128,
    truncatedBytes: 64,
    reason: 'truncated',
    evidence: '0.log.128.torn',
    nextOffset: 7,
  }
  expect(recoveryNotice('orders', { scannedBytes: 0, rebuilt: [], tornTail })).toBe(
    'stream "orders" had 64 bytes behind its last whole batch, which no sync had seen; they were ' +
      'cut off and are kept in 0.log.128.torn; the next offset is 7',
  )
})
