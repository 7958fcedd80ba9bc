/** Retention far off its bound: a maximum of 1000 records that keeps twelve thousand, a purge that leaves many. */

import { expect, test } from 'vitest'

import { text } from '../../src/index.js'
import { serveStore } from '../support/serve-store.js'

test('a bound of 1000 records keeps 1000, as a client sees it, at once and to the record', async () => {
  await using served = await serveStore()
  const { client, store } = served
  await store.ensure('counted', { retention: { maxRecords: 1000 } })
  const stream = client.stream('counted', { codec: text })
  const producer = stream.producer()
  for (let at = 0; at < 12_482; at += 1) if (!producer.send(String(at))) await producer.ready()
  await producer.close()
  expect(await stream.describe()).toMatchObject({ startOffset: 11_482, endOffset: 12_482 })
  const offsets: number[] = []
  for await (const { offset } of stream.subscribe({ from: 'first', to: 'end' }))
    offsets.push(offset)
  expect(offsets).toEqual(Array.from({ length: 1000 }, (_, at) => 11_482 + at))
  expect(await stream.publish('one more')).toBe(12_482)
  expect(await stream.describe()).toMatchObject({ startOffset: 11_483, endOffset: 12_483 })
})

test('giving up everything leaves nothing, and the next record has the next offset', async () => {
  await using served = await serveStore()
  const { client, store } = served
  const log = await store.ensure('purged')
  const stream = client.stream('purged', { codec: text })
  const producer = stream.producer()
  for (let at = 0; at < 62_000; at += 1) if (!producer.send(String(at))) await producer.ready()
  await producer.close()
  await log.trim(62_000)
  expect(await stream.describe()).toMatchObject({ startOffset: 62_000, endOffset: 62_000 })
  for await (const record of stream.subscribe({ from: 'first', to: 'end' })) {
    expect(record).toBe('nothing')
  }
  expect(await stream.publish('next')).toBe(62_000)
})
