/** Batches that are lent to a visitor: what it sees, when it sees it, and whose the memory is. */

import { FrameType } from '@tailrace/protocol'
import { beforeEach, describe, expect, test } from 'vitest'

import type { Client } from '../../../src/client.js'
import { raw } from '../../../src/codecs/raw-codec.js'
import type { RecordBatch } from '../../../src/subscription/record-batch.js'
import type { SubscribeOptions } from '../../../src/subscription/subscribe-options.js'
import type { Subscription } from '../../../src/subscription/subscription.js'
import { createDeferred, type Deferred } from '../../../src/util/deferred.js'
import { filledLog, producedBatch } from '../../support/batches.js'
import { caught } from '../../support/caught.js'
import type { FakeLog } from '../../support/fake-log.js'
import { FakeWorld } from '../../support/fake-world.js'

const LARGE_BYTES = 40_000
const decoder = new TextDecoder()

let world: FakeWorld
let client: Client
let log: FakeLog

beforeEach(async () => {
  world = new FakeWorld()
  client = await world.connect({ reconnect: { baseMs: 10, maxMs: 10 } })
  log = world.server.log('orders')
})

function subscribe(options: SubscribeOptions = {}): Subscription<Uint8Array> {
  return client.stream('orders', { codec: raw }).subscribe({ from: 'first', ...options })
}

function append(batchSizes: readonly number[]): void {
  filledLog(log, batchSizes)
  world.server.deliver()
}

/** The values of a batch, as text. */
function textsOf(batch: RecordBatch<Uint8Array>): string[] {
  const texts: string[] = []
  for (let at = batch.firstIndex; at < batch.endIndex; at += 1) {
    texts.push(decoder.decode(batch.value(at)))
  }
  return texts
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => String(from + at))
}

/** What has become of a promise, once the world has settled. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending'
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = error),
  )
  await world.settle()
  return state
}

describe('forEachBatch', () => {
  test('shows every batch, cut to start and stop, and resolves at the stop', async () => {
    filledLog(log, [5, 5, 5])
    const seen: string[][] = []
    const subscription = subscribe({ from: 3, to: 12 })
    const ended = subscription.forEachBatch((batch) => void seen.push(textsOf(batch)))
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual([numbers(3, 5), numbers(5, 10), numbers(10, 12)])
    expect(subscription.nextOffset).toBe(12)
    expect(subscription.heldBytes).toBe(0)
  })

  test('shows what arrives in the call in which it arrives', async () => {
    const seen: string[] = []
    const ended = subscribe().forEachBatch((batch) => void seen.push(...textsOf(batch)))
    await world.settle()
    const [transport] = world.transports
    const deliver = transport?.deliver.bind(transport)
    const seenAfter: number[] = []
    if (transport === undefined || deliver === undefined) throw new Error('there is no connection')
    transport.deliver = (bytes) => {
      deliver(bytes)
      seenAfter.push(seen.length)
    }
    append([2])
    expect(await outcome(ended)).toBe('pending')
    expect(seen).toEqual(['0', '1'])
    expect(seenAfter[0]).toBe(2)
  })

  test('gives the memory back, and what was kept of a short run is seen to be wrong', async () => {
    filledLog(log, [3])
    const kept: Uint8Array[] = []
    const ended = subscribe({ to: 'end' }).forEachBatch(
      (batch) => void kept.push(...[...batch].map(({ value }) => value)),
    )
    expect(await outcome(ended)).toBe('resolved')
    expect(kept).toHaveLength(3)
    for (const value of kept) expect([...value].every((byte) => byte >= 0x80)).toBe(true)
    expect(world.transports[0]?.givenBackBytes).toBeGreaterThan(0)
  })

  test('shows the whole of large runs, whose memory is used again too', async () => {
    for (let number = 0; number < 10; number += 1) {
      log.store(producedBatch([`${number}`.padEnd(LARGE_BYTES, '.')]))
    }
    const seen: string[] = []
    const ended = subscribe({ to: 'end' }).forEachBatch((batch) => {
      for (const text of textsOf(batch)) seen.push(`${text.length} ${text.replaceAll('.', '')}`)
    })
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual(numbers(0, 10).map((number) => `${LARGE_BYTES} ${number}`))
    expect(world.transports[0]?.givenBackBytes).toBeGreaterThan(10 * LARGE_BYTES)
  })

  test('waits for a promise before the next batch, and keeps the memory until then', async () => {
    filledLog(log, [2, 2])
    const seen: string[] = []
    const batches: RecordBatch<Uint8Array>[] = []
    const waits: Deferred<undefined>[] = []
    const ended = subscribe({ to: 'end' }).forEachBatch(async (batch) => {
      const wait = createDeferred<undefined>()
      waits.push(wait)
      batches.push(batch)
      await wait.promise
      seen.push(...textsOf(batch))
    })
    await world.settle()
    expect(waits).toHaveLength(1)
    waits[0]?.resolve(undefined)
    await world.settle()
    expect(waits).toHaveLength(2)
    expect(await outcome(ended)).toBe('pending')
    waits[1]?.resolve(undefined)
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual(numbers(0, 4))
  })

  test('stops the flow while it waits: no more than the window and a batch is held', async () => {
    filledLog(log, new Array<number>(1000).fill(10))
    const subscription = subscribe({ windowBytes: 5000 })
    const ended = subscription.forEachBatch(() => new Promise<void>(() => undefined))
    expect(await outcome(ended)).toBe('pending')
    const batchBytes = log.batches[0]?.bytes.byteLength ?? 0
    expect(subscription.heldBytes).toBeGreaterThan(4500)
    expect(subscription.heldBytes).toBeLessThan(5000 + batchBytes)
  })

  test('gives credit back as it goes', async () => {
    filledLog(log, new Array<number>(1000).fill(10))
    let count = 0
    const subscription = subscribe({ windowBytes: 5000, to: 'end' })
    const ended = subscription.forEachBatch((batch) => void (count += batch.recordCount))
    expect(await outcome(ended)).toBe('resolved')
    expect(count).toBe(10_000)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('enough')
      },
    ],
    ['rejects with', () => Promise.reject(new Error('enough'))],
  ])('rejects with what the visitor %s, and closes the subscription', async (_, fail) => {
    filledLog(log, [1, 1, 1])
    let calls = 0
    const subscription = subscribe()
    const ended = subscription.forEachBatch(() => {
      calls += 1
      return fail()
    })
    expect(await outcome(ended)).toMatchObject({ message: 'enough' })
    expect(calls).toBe(1)
    expect(world.server.receivedOf(FrameType.CLOSE_CHANNEL)).toHaveLength(1)
    expect(await subscription.batches().next()).toMatchObject({ done: true })
  })

  test('ends when the subscription is closed from within, after that batch', async () => {
    filledLog(log, [1, 1, 1])
    const seen: string[] = []
    const subscription = subscribe()
    const ended = subscription.forEachBatch((batch) => {
      void subscription.close()
      seen.push(...textsOf(batch))
    })
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual(['0'])
  })

  test('that waits ends only after its promise when the subscription is closed', async () => {
    filledLog(log, [1, 1])
    const wait = createDeferred<undefined>()
    const subscription = subscribe()
    const ended = subscription.forEachBatch(() => wait.promise)
    await world.settle()
    void subscription.close()
    expect(await outcome(ended)).toBe('pending')
    wait.resolve(undefined)
    expect(await outcome(ended)).toBe('resolved')
  })

  test('tells who visits, and who comes when all is over but that visit', async () => {
    filledLog(log, [1, 1])
    const wait = createDeferred<undefined>()
    const subscription = subscribe()
    const first = subscription.forEachBatch(() => wait.promise)
    await world.settle()
    void subscription.close()
    expect(await outcome(subscription.forEachBatch(() => undefined))).toBe('resolved')
    expect(await outcome(first)).toBe('pending')
    wait.resolve(undefined)
    expect(await outcome(first)).toBe('resolved')
  })

  test('rejects with what ended the subscription', async () => {
    const ended = client
      .stream('nowhere', { codec: raw })
      .subscribe()
      .forEachBatch(() => undefined)
    expect(await outcome(ended)).toMatchObject({ code: 'STREAM_NOT_FOUND' })
    const subscription = subscribe({ from: 99 })
    expect(await outcome(subscription.forEachBatch(() => undefined))).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
    })
    // Who comes later is told the same.
    expect(await outcome(subscription.forEachBatch(() => undefined))).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
    })
  })

  test('is for one consumer', async () => {
    const subscription = subscribe()
    const waiting = subscription.batches().next()
    expect(await caught(subscription.forEachBatch(() => undefined))).toBeInstanceOf(TypeError)
    void subscription.close()
    await waiting
    const other = subscribe()
    const ended = other.forEachBatch(() => undefined)
    expect(await caught(other.forEachBatch(() => undefined))).toBeInstanceOf(TypeError)
    expect(await caught(other.batches().next())).toBeInstanceOf(TypeError)
    await other.close()
    expect(await outcome(ended)).toBe('resolved')
  })

  test('goes on where an iterator stopped, and leaves it what it took', async () => {
    filledLog(log, [3, 3])
    const subscription = subscribe({ to: 'end' })
    const records = subscription[Symbol.asyncIterator]()
    await world.settle()
    const first = await records.next()
    const seen: string[] = []
    const ended = subscription.forEachBatch((batch) => void seen.push(...textsOf(batch)))
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual(numbers(1, 6))
    expect(decoder.decode(first.value?.value)).toBe('0')
  })

  test('goes on over a connection that breaks', async () => {
    filledLog(log, [2])
    const seen: string[] = []
    const subscription = subscribe({ to: 4 })
    const ended = subscription.forEachBatch((batch) => void seen.push(...textsOf(batch)))
    await world.settle()
    world.transports[0]?.closedBy({ code: 1006, reason: '' })
    append([2])
    await world.advance(20)
    expect(await outcome(ended)).toBe('resolved')
    expect(seen).toEqual(numbers(0, 4))
  })
})
