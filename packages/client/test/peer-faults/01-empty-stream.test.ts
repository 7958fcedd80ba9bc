/** A start on an empty stream: offsets off by one for ever after it, nothing delivered, a core that spins. */

import { expect, test } from 'vitest'

import { text, type SubscribeOptions } from '../../src/index.js'
import { countReads, idleTurns, serveStore } from '../support/serve-store.js'

test.each<[string, SubscribeOptions['from']]>([
  ['first', 'first'],
  ['next', 'next'],
  ['the last 1', { last: 1 }],
  ['the last 10', { last: 10 }],
  ['offset 0', 0],
  ['a time', { timestamp: '5m ago' }],
])('an empty stream read from %s gives offset 0, and nothing spins', async (_, from) => {
  await using served = await serveStore()
  const { client, store } = served
  const reads = countReads(await store.ensure('empty'))
  const stream = client.stream('empty', { codec: text })
  const subscription = stream.subscribe({ from })
  expect(await subscription.opened()).toMatchObject({ startOffset: 0 })
  const records = subscription[Symbol.asyncIterator]()
  const first = records.next()
  await idleTurns(client)
  expect(reads.count).toBeLessThanOrEqual(1)
  for (let offset = 0; offset < 5; offset += 1) {
    expect(await stream.publish(String(offset))).toBe(offset)
    const { value } = offset === 0 ? await first : await records.next()
    expect([value?.offset, value?.value]).toEqual([offset, String(offset)])
  }
  const readsBefore = reads.count
  await idleTurns(client)
  expect(reads.count).toBe(readsBefore)
  await subscription.close()
})

test('an empty stream has no last record: "to the end" ends at once', async () => {
  await using served = await serveStore()
  const stream = served.client.stream('empty', { codec: text })
  await stream.ensure()
  for (const from of ['first', 'next', { last: 3 }, 0] as const) {
    for await (const record of stream.subscribe({ from, to: 'end' })) expect(record).toBe('nothing')
  }
})
