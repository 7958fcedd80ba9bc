/** The client against the real server: what only both together can show. */

import { startServer } from '@tailrace/server'
import { expect, test } from 'vitest'

import { connect, json, msgpack, raw, text, type StreamRecord } from '../../src/index.js'
import { caught } from '../support/caught.js'
import { serveReal } from '../support/serve-real.js'

test('administers streams', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const orders = client.stream('orders')
  expect(await caught(orders.describe())).toMatchObject({ code: 'STREAM_NOT_FOUND' })
  expect(await orders.ensure({ durability: 'relaxed' })).toMatchObject({
    created: true,
    info: { stream: 'orders', durability: 'relaxed', endOffset: 0 },
  })
  expect(await orders.ensure()).toMatchObject({ created: false })
  expect(await caught(orders.ensure({ durability: 'fsync' }))).toMatchObject({
    code: 'STREAM_EXISTS',
  })
  await client.stream('alpha').ensure()
  expect((await client.streams()).map(({ stream }) => stream)).toEqual(['alpha', 'orders'])
  await orders.delete()
  expect(await client.streams()).toHaveLength(1)
  expect(() => client.stream('../etc')).toThrow(
    expect.objectContaining({ code: 'INVALID_STREAM_NAME' }),
  )
})

test.each([json, msgpack])('carries everything a record has ($name)', async (codec) => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const stream = client.stream<{ id: number }>('orders', { codec })
  const timeUs = 1_700_000_000_123_456
  const headers = { type: 'created', version: 2, trace: new Uint8Array([1, 2, 3]) }
  await Promise.all([
    stream.publish({ id: 1 }),
    stream.publish({ id: 2 }, { key: 'k-2', headers, timeUs }),
  ])
  const records: StreamRecord<{ id: number }>[] = []
  for await (const record of stream.subscribe({ from: 'first', to: 'end' })) records.push(record)
  expect(records).toMatchObject([
    { offset: 0, value: { id: 1 }, key: undefined, headers: undefined },
    { offset: 1, value: { id: 2 }, headers, timeUs },
  ])
  expect(new TextDecoder().decode(records[1]?.key)).toBe('k-2')
  expect(records[1]?.appendTimeUs).toBeGreaterThan(timeUs)
  expect(records[1]?.key?.constructor).toBe(Uint8Array)
})

test('finds the start by time, the last few, and throws the bounds', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const stream = client.stream('orders', { codec: text })
  for (let i = 0; i < 10; i += 1) await stream.publish(String(i))
  const appended: number[] = []
  for await (const { appendTimeUs } of stream.subscribe({ from: 'first', to: 'end' })) {
    appended.push(appendTimeUs)
  }
  const timestamp = appended[6] ?? 0
  const firstOfThatTime = appended.indexOf(timestamp)
  for await (const { offset } of stream.subscribe({ from: { timestamp }, to: { count: 1 } })) {
    expect(offset).toBe(firstOfThatTime)
  }
  const last: string[] = []
  for await (const { value } of stream.subscribe({ from: { last: 3 }, to: 'end' })) last.push(value)
  expect(last).toEqual(['7', '8', '9'])
  expect(await caught(stream.subscribe({ from: 11 }).opened())).toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    details: { stream: 'orders', offset: 11, startOffset: 0, endOffset: 10 },
  })
})

test('goes on over a restart of the server', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url, { reconnect: { baseMs: 1, maxMs: 20 } })
  const stream = client.stream('orders', { codec: text })
  const producer = stream.producer({ name: 'billing' })
  await producer.publish('0')
  const seen: number[] = []
  const subscription = stream.subscribe({ from: 'first', to: 4 })
  const loop = (async () => {
    for await (const { offset, value } of subscription) {
      expect(value).toBe(String(offset))
      seen.push(offset)
    }
  })()
  await producer.publish('1')
  await real.server.close({ graceMs: 0 })
  const publishing = producer.publish('2')
  await using again = await startServer({ store: real.directory, port: real.port })
  expect(await publishing).toBe(2)
  expect(await producer.publish('3')).toBe(3)
  await loop
  expect(seen).toEqual([0, 1, 2, 3])
  expect(again.connectionCount).toBe(1)
})

test('a deleted stream ends its subscriptions and fails its producers', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const stream = client.stream('orders', { codec: text })
  const producer = stream.producer()
  await producer.publish('0')
  const subscription = stream.subscribe({ from: 'first' })
  await subscription.opened()
  await stream.delete()
  const values: string[] = []
  const error = await caught(
    (async () => {
      for await (const { value } of subscription) values.push(value)
    })(),
  )
  expect(error).toMatchObject({ code: 'STREAM_NOT_FOUND' })
  expect(await caught(producer.publish('1'))).toMatchObject({
    code: expect.stringMatching(/STREAM_CLOSED|STREAM_NOT_FOUND/) as unknown,
  })
})

test('a newer producer of the same name fences the older one', async () => {
  await using real = await serveReal()
  await using one = await connect(real.url)
  await using two = await connect(real.url)
  const older = one.stream('orders', { codec: text }).producer({ name: 'billing' })
  expect(await older.publish('a')).toBe(0)
  const newer = two.stream('orders', { codec: text }).producer({ name: 'billing' })
  expect(await newer.open()).toMatchObject({ lastSequence: 0 })
  expect(await newer.publish('b')).toBe(1)
  expect(await caught(older.publish('c'))).toMatchObject({ code: 'FENCED' })
  expect(await newer.publish('d')).toBe(2)
})

test('a paused subscriber holds a window and a batch, however much there is', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const stream = client.stream('big', { codec: raw })
  await stream.ensure({ durability: 'relaxed' })
  const producer = stream.producer()
  const value = new Uint8Array(1000)
  const count = 20_000
  for (let i = 0; i < count; i += 1) if (!producer.send(value)) await producer.ready()
  await producer.close()
  const windowBytes = 256 * 1024
  const batchBytes = 64 * 1024
  const subscription = stream.subscribe({ from: 'first', to: 'end', windowBytes })
  let taken = 0
  let held = 0
  for await (const { offset } of subscription) {
    expect(offset).toBe(taken)
    taken += 1
    held = Math.max(held, subscription.heldBytes)
    // Gives the server every chance to send more than it may.
    if (taken % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(taken).toBe(count)
  expect(held).toBeGreaterThan(windowBytes / 2)
  expect(held).toBeLessThanOrEqual(windowBytes + batchBytes)
})

test('lends to a visitor what another subscription of the same connection keeps', async () => {
  await using real = await serveReal()
  await using client = await connect(real.url)
  const stream = client.stream('bytes', { codec: raw })
  await stream.ensure({ durability: 'relaxed' })
  const producer = stream.producer()
  const count = 20_000
  // Every byte of a record says which one it is, as far as a byte can.
  for (let number = 0; number < count; number += 1) {
    const value = new Uint8Array(1 + ((number * 37) % 2000)).fill(number % 251)
    if (!producer.send(value)) await producer.ready()
  }
  await producer.flush()
  const isRight = (value: Uint8Array, number: number): boolean =>
    value.length === 1 + ((number * 37) % 2000) && value.every((byte) => byte === number % 251)
  const kept: Uint8Array[] = []
  const keeping = async (): Promise<void> => {
    const subscription = stream.subscribe({ from: 'first', to: 'end' })
    for await (const { value } of subscription) kept.push(value)
  }
  let visited = 0
  let slowly = 0
  await Promise.all([
    keeping(),
    stream.subscribe({ from: 'first', to: 'end' }).forEachBatch((batch) => {
      for (const { value, offset } of batch) visited += isRight(value, offset) ? 1 : 0
    }),
    stream.subscribe({ from: 'first', to: 'end' }).forEachBatch(async (batch) => {
      await new Promise(setImmediate)
      for (const { value, offset } of batch) slowly += isRight(value, offset) ? 1 : 0
    }),
  ])
  expect([visited, slowly]).toEqual([count, count])
  expect(kept.filter(isRight)).toHaveLength(count)
})
