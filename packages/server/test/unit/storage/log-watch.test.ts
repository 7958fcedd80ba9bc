/** The listeners that all connections share, and why a log was closed under them. */

import { expect, test } from 'vitest'

import { LogWatches } from '../../../src/storage/log-watch.js'
import { MemoryStore } from '../../support/memory-store.js'

async function setUp() {
  const store = new MemoryStore()
  const log = await store.ensure('orders')
  return { store, log, watches: new LogWatches(store) }
}

test('a log has one pair of listeners, as long as anybody watches it', async () => {
  const { log, watches } = await setUp()
  const [first, second] = [watches.acquire(log), watches.acquire(log)]
  expect(second).toBe(first)
  expect(log.listenerCount).toBe(2)
  first.release()
  expect(log.listenerCount).toBe(2)
  second.release()
  expect(log.listenerCount).toBe(0)
  expect(watches.acquire(log)).not.toBe(first)
})

test('who is parked is woken once', async () => {
  const { log, watches } = await setUp()
  const watch = watches.acquire(log)
  let wakeCount = 0
  const waiter = { wake: () => void (wakeCount += 1) }
  watch.park(waiter)
  watch.park(waiter)
  log.sync()
  log.sync()
  expect(wakeCount).toBe(1)
  watch.park(waiter)
  watch.unpark(waiter)
  log.sync()
  expect(wakeCount).toBe(1)
})

test.each<[string, 'deleted' | 'closing', (store: MemoryStore) => Promise<unknown>]>([
  ['was deleted', 'deleted', (store) => store.delete('orders')],
  [
    'was deleted and made again',
    'deleted',
    async (store) => {
      await store.delete('orders')
      await store.ensure('orders')
    },
  ],
  ['was closed with its store', 'closing', (store) => store.close()],
  ['was closed by itself', 'closing', async (store) => store.log('orders').closeLog('closed')],
])('finds out that the log %s', async (_, reason, close) => {
  const { store, log, watches } = await setUp()
  const watch = watches.acquire(log)
  await close(store)
  // Not known yet: who parks is woken when it is.
  expect(watch.closeReason()).toBeUndefined()
  await new Promise<void>((wake) => watch.park({ wake }))
  expect(watch.closeReason()).toBe(reason)
})
