/** A producer in a world without sockets: batching, back-pressure, refusals, coming back. */

import { BatchView, LimitError, RequestError, StorageError } from '@tailrace/format'
import { encodeAckFrame, FrameType, LIMITS, OFFSET_UNKNOWN } from '@tailrace/protocol'
import { beforeEach, describe, expect, test } from 'vitest'

import type { Client } from '../../../src/client.js'
import { raw } from '../../../src/codecs/raw-codec.js'
import type { Producer } from '../../../src/producer/producer.js'
import type { ProducerOptions } from '../../../src/producer/producer-options.js'
import { caught } from '../../support/caught.js'
import { FakeWorld, REFUSE } from '../../support/fake-world.js'

let world: FakeWorld
let client: Client

beforeEach(async () => {
  world = new FakeWorld()
  client = await world.connect({ reconnect: { baseMs: 10, maxMs: 10 } })
})

function create(options: ProducerOptions = {}): Producer<Uint8Array> {
  return client.stream('orders', { codec: raw }).producer(options)
}

/** A value that begins with `first`. */
function value(first: number, bytes = 10): Uint8Array {
  return new Uint8Array(bytes).fill(first)
}

/** Lets happen what can happen, then gives the promise's value. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await world.settle()
  return promise
}

/** Records in each batch that was published, oldest first. */
function publishedCounts(): number[] {
  return published().map(({ recordCount }) => recordCount)
}

function published(): BatchView[] {
  return world.server.receivedOf(FrameType.PUBLISH).map(({ body }) => new BatchView(body))
}

/** The first bytes of the values stored. */
function stored(): number[] {
  return world.server.log('orders').batches.flatMap(({ bytes }) => {
    const view = new BatchView(bytes)
    return Array.from({ length: view.recordCount }, (_, i) => view.value(i)[0] ?? -1)
  })
}

describe('batches', () => {
  test('close at the end of the turn', async () => {
    const producer = create()
    await settled(producer.open())
    for (let i = 0; i < 5; i += 1) producer.send(value(i))
    await world.settle()
    producer.send(value(5))
    await world.settle()
    expect(publishedCounts()).toEqual([5, 1])
    expect(stored()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('close when enough records are in them', async () => {
    const producer = create({ batchRecordsMax: 3 })
    for (let i = 0; i < 7; i += 1) producer.send(value(i))
    await settled(producer.flush())
    expect(publishedCounts()).toEqual([3, 3, 1])
  })

  test('close when enough bytes are in them', async () => {
    const producer = create({ batchBytesMax: 400 })
    for (let i = 0; i < 6; i += 1) producer.send(value(i, 100))
    await settled(producer.flush())
    expect(publishedCounts()).toEqual([3, 3])
    expect(published().every(({ batchLength }) => batchLength <= 400)).toBe(true)
  })

  test('wait for others as long as they are told', async () => {
    const producer = create({ lingerMs: 50 })
    await settled(producer.open())
    producer.send(value(0))
    await world.advance(49)
    producer.send(value(1))
    expect(publishedCounts()).toEqual([])
    await world.advance(1)
    expect(publishedCounts()).toEqual([2])
  })

  test('do not wait when flushed', async () => {
    const producer = create({ lingerMs: 5000 })
    producer.send(value(0))
    await settled(producer.flush())
    expect(publishedCounts()).toEqual([1])
  })

  test('of one turn leave under one cork', async () => {
    const producer = create({ batchRecordsMax: 1 })
    await settled(producer.open())
    const corksBefore = world.transport.corkCount
    for (let i = 0; i < 3; i += 1) producer.send(value(i))
    await world.settle()
    expect(publishedCounts()).toEqual([1, 1, 1])
    expect(world.transport.corkCount - corksBefore).toBe(1)
    expect(world.transport.isCorked).toBe(false)
  })

  test('leave before the turn ends when there are many', async () => {
    const producer = create({ batchRecordsMax: 1 })
    await settled(producer.open())
    for (let i = 0; i < 9; i += 1) producer.send(value(i))
    expect(world.transport.corkCount).toBe(2)
    await settled(producer.flush())
    expect(stored()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('gather while there is no connection', async () => {
    const producer = create()
    await settled(producer.open())
    world.mode = REFUSE
    world.server.dropConnections()
    for (let i = 0; i < 4; i += 1) {
      producer.send(value(i))
      await world.settle()
    }
    world.mode = { kind: 'accept' }
    await world.advance(20)
    await settled(producer.flush())
    expect(publishedCounts()).toEqual([4])
  })

  test('of the default codec survive that the channel is opened by the first value', async () => {
    const offset = client.stream('things').publish({ id: 1, name: 'first' })
    expect(await settled(offset)).toBe(0)
    const view = new BatchView(world.server.log('things').batches[0]?.bytes ?? new Uint8Array(0))
    expect(view.value(0)).toEqual(
      new Uint8Array([
        0x82, 0xa2, 105, 100, 1, 0xa4, 110, 97, 109, 101, 0xa5, 102, 105, 114, 115, 116,
      ]),
    )
  })
})

describe('publish', () => {
  test('resolves with offsets, over many batches and other producers', async () => {
    const producer = create({ batchRecordsMax: 3 })
    const other = create()
    const first = [0, 1, 2, 3].map((i) => producer.publish(value(i)))
    await world.settle()
    other.send(value(99))
    await settled(other.flush())
    const second = [4, 5].map((i) => producer.publish(value(i)))
    expect(await settled(Promise.all([...first, ...second]))).toEqual([0, 1, 2, 3, 5, 6])
    expect(producer).toMatchObject({ sentCount: 6, acknowledgedCount: 6, lastOffset: 6 })
  })

  test('works between calls of send', async () => {
    const producer = create()
    producer.send(value(0))
    const second = producer.publish(value(1))
    producer.send(value(2))
    const fourth = producer.publish(value(3))
    expect(await settled(Promise.all([second, fourth]))).toEqual([1, 3])
  })

  test('of one stream goes through one producer, whatever the codec', async () => {
    const one = client.stream('mixed').publish({ a: 1 })
    const two = client.stream('mixed', { codec: raw }).publish(value(1))
    expect(await settled(Promise.all([one, two]))).toEqual([0, 1])
    expect(world.server.receivedOf(FrameType.OPEN_PRODUCER)).toHaveLength(1)
    expect(world.server.log('mixed').batches).toHaveLength(1)
  })

  test('rejects what the codec cannot encode, and sends nothing', async () => {
    const producer = create()
    expect(await caught(producer.publish('text' as never))).toBeInstanceOf(TypeError)
    expect(() => producer.send(7 as never)).toThrow(TypeError)
    expect(producer.sentCount).toBe(0)
  })

  test('rejects a record that is too large for the server', async () => {
    world.server.limits = { ...LIMITS, batchBytesMax: 1000 }
    client = await world.connect()
    const producer = create()
    expect(await caught(producer.publish(value(0, 1000)))).toMatchObject({
      code: 'BATCH_TOO_LARGE',
    })
    expect(await settled(producer.publish(value(0, 900)))).toBe(0)
  })

  test('carries key, headers and time', async () => {
    const producer = create()
    const timeUs = 1_600_000_000_000_000
    await settled(producer.publish(value(1), { key: 'k', headers: { h: 1 }, timeUs }))
    const view = new BatchView(world.server.log('orders').batches[0]?.bytes ?? new Uint8Array(0))
    expect(view.key(0)).toEqual(new Uint8Array([107]))
    expect(view.headers(0)).toEqual(new Uint8Array([0x81, 0xa1, 104, 1]))
    expect(view.timeUs(0)).toBe(timeUs)
  })

  test('resolves duplicates of unknown place with OFFSET_UNKNOWN', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ batchRecordsMax: 1 })
    const offsets = [0, 1, 2].map((i) => producer.publish(value(i)))
    await world.settle()
    world.server.log('orders').rememberedBatchesMax = 1
    world.server.log('orders').producers.get(1)?.stored.delete(0)
    world.server.log('orders').producers.get(1)?.stored.delete(1)
    world.server.acknowledgesAtOnce = true
    world.server.dropConnections()
    await world.advance(20)
    expect(await settled(Promise.all(offsets))).toEqual([OFFSET_UNKNOWN, OFFSET_UNKNOWN, 2])
    expect(producer.lastOffset).toBe(2)
  })
})

describe('back-pressure', () => {
  test('says when the buffer is full, and when an eighth of it is free', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ bufferBytesMax: 2000, batchBytesMax: 500 })
    const accepted = Array.from({ length: 15 }, (_, i) => producer.send(value(i, 100)))
    expect(accepted.slice(0, 14)).toEqual(new Array(14).fill(true))
    let taken = 15
    while (producer.send(value(taken, 100))) taken += 1
    taken += 1
    let isReady = false
    const ready = producer.ready().then(() => {
      isReady = true
    })
    await world.settle()
    expect(isReady).toBe(false)
    world.server.acknowledge()
    await settled(ready)
    expect(isReady).toBe(true)
    expect(producer.bufferedBytes).toBeLessThanOrEqual(1750)
    expect(stored()).toHaveLength(taken)
  })

  test('does not wait for a linger that no further record can shorten', async () => {
    const producer = create({ lingerMs: 60_000, bufferBytesMax: 500 })
    while (producer.send(value(0, 100)));
    await settled(producer.ready())
    expect(producer.bufferedBytes).toBe(0)
  })

  test('is at once no matter when there is room', async () => {
    await create().ready()
  })

  test('bounds an application that does not listen', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ bufferBytesMax: 10_000, batchBytesMax: 1000 })
    let error: unknown
    for (let i = 0; error === undefined; i += 1) {
      try {
        producer.send(value(i, 100))
      } catch (thrown) {
        error = thrown
      }
    }
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ code: 'THROTTLED', details: { bufferBytesMax: 10_000 } })
    expect(producer.bufferedBytes).toBeGreaterThanOrEqual(20_000)
    expect(producer.bufferedBytes).toBeLessThan(20_500)
  })

  test('keeps to the number of batches that the server allows', async () => {
    world.server.limits = { ...LIMITS, inFlightBatchesMax: 4 }
    world.server.acknowledgesAtOnce = false
    client = await world.connect()
    const producer = create({ batchRecordsMax: 1 })
    for (let i = 0; i < 10; i += 1) producer.send(value(i))
    await world.settle()
    expect(publishedCounts()).toHaveLength(4)
    world.server.acknowledge()
    await world.settle()
    expect(publishedCounts()).toHaveLength(8)
    world.server.acknowledgesAtOnce = true
    world.server.acknowledge()
    await settled(producer.flush())
    expect(stored()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('does not fill the socket beyond a megabyte, and goes on when that has drained', async () => {
    const producer = create({ batchBytesMax: 100_000, bufferBytesMax: 16_000_000 })
    await settled(producer.open())
    world.transport.isSlow = true
    for (let i = 0; i < 40; i += 1) producer.send(value(i, 99_000))
    await world.settle()
    expect(world.transport.bufferedBytes).toBeGreaterThan(1_000_000)
    expect(world.transport.bufferedBytes).toBeLessThan(1_200_000)
    world.transport.drain()
    expect(world.transport.bufferedBytes).toBeGreaterThan(1_000_000)
    world.transport.isSlow = false
    world.transport.drain()
    await settled(producer.flush())
    expect(stored()).toHaveLength(40)
  })
})

describe('flush', () => {
  test('waits for what was sent before it, and not for what comes after', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create()
    producer.send(value(0))
    const events: string[] = []
    void producer.flush().then(() => events.push('first'))
    await world.settle()
    producer.send(value(1))
    void producer.flush().then(() => events.push('second'))
    world.server.acknowledge()
    await world.settle()
    expect(events).toEqual(['first'])
    world.server.acknowledge()
    await world.settle()
    expect(events).toEqual(['first', 'second'])
  })

  test('of nothing is at once', async () => {
    await create().flush()
    expect(world.server.receivedOf(FrameType.OPEN_PRODUCER)).toHaveLength(0)
  })

  test('tells the acknowledgements in order', async () => {
    const producer = create({ batchRecordsMax: 2 })
    const acks: unknown[] = []
    const unlisten = producer.onAck(({ baseOffset, recordCount, isDurable }) =>
      acks.push([baseOffset, recordCount, isDurable]),
    )
    for (let i = 0; i < 4; i += 1) producer.send(value(i))
    await settled(producer.flush())
    unlisten()
    producer.send(value(4))
    await settled(producer.flush())
    expect(acks).toEqual([
      [0, 2, true],
      [2, 2, true],
    ])
  })
})

describe('a lost connection', () => {
  test('is made up for: nothing lost, nothing twice, in order, offsets right', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ batchRecordsMax: 2 })
    const offsets = Array.from({ length: 6 }, (_, i) => producer.publish(value(i)))
    await world.settle()
    expect(stored()).toHaveLength(6)
    world.server.dropConnections()
    world.server.acknowledgesAtOnce = true
    offsets.push(producer.publish(value(6)))
    await world.advance(20)
    expect(await settled(Promise.all(offsets))).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(stored()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(published().map(({ producerEpoch }) => producerEpoch)).toEqual([1, 1, 1, 2, 2, 2, 2])
  })

  test('is followed by a slow start, so that there is progress however soon the next one comes', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ batchRecordsMax: 1 })
    for (let i = 0; i < 20; i += 1) producer.send(value(i))
    await world.settle()
    world.server.received.length = 0
    world.server.dropConnections()
    await world.advance(20)
    for (const inFlight of [1, 2, 4, 8]) {
      expect(publishedCounts()).toHaveLength(inFlight)
      world.server.received.length = 0
      world.server.acknowledge()
      await world.settle()
    }
    world.server.acknowledgesAtOnce = true
    world.server.acknowledge()
    await settled(producer.flush())
    expect(stored()).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('of an anonymous producer comes back under the same id', async () => {
    const producer = create()
    await settled(producer.publish(value(0)))
    world.server.dropConnections()
    await world.advance(20)
    await settled(producer.publish(value(1)))
    expect([...world.server.log('orders').producers.keys()]).toEqual([1])
    expect(published().map(({ baseSequence }) => baseSequence)).toEqual([0, 1])
  })

  test('before the first answer does no harm', async () => {
    world.server.intercept = ({ type }) => type === FrameType.OPEN_PRODUCER
    const producer = create()
    const offset = producer.publish(value(0))
    await world.settle()
    world.server.dropConnections()
    world.server.intercept = undefined
    await world.advance(20)
    expect(await settled(offset)).toBe(0)
  })

  test('of a stream that was deleted fails the producer instead of making the stream anew', async () => {
    const producer = create()
    await settled(producer.publish(value(0)))
    world.server.logs.delete('orders')
    world.server.dropConnections()
    const publishing = caught(producer.publish(value(1)))
    await world.advance(20)
    expect(await publishing).toMatchObject({ code: 'STREAM_NOT_FOUND' })
    expect(world.server.logs.size).toBe(0)
  })

  test('to a log that has lost what it acknowledged goes on behind what is left', async () => {
    const producer = create()
    await settled(Promise.all([0, 1, 2].map((i) => producer.publish(value(i)))))
    const log = world.server.log('orders')
    log.batches = []
    log.endOffset = 0
    log.epoch += 1
    log.producers.clear()
    world.server.dropConnections()
    await world.advance(20)
    expect(await settled(producer.publish(value(3)))).toBe(0)
    expect(stored()).toEqual([3])
  })
})

describe('a named producer', () => {
  test('is told what the log has of it, and goes on behind that', async () => {
    const first = create({ name: 'billing' })
    expect(await settled(first.open())).toMatchObject({ lastSequence: -1, durability: 'fsync' })
    for (let i = 0; i < 3; i += 1) first.send(value(i))
    await settled(first.close())
    const second = create({ name: 'billing' })
    expect(await settled(second.open())).toMatchObject({ lastSequence: 2 })
    expect(await settled(second.publish(value(3)))).toBe(3)
    expect(published().map(({ baseSequence }) => baseSequence)).toEqual([0, 3])
  })

  test('numbers what was sent before it was open behind what the log has', async () => {
    const first = create({ name: 'billing' })
    await settled(first.publish(value(0)))
    await settled(first.close())
    const second = create({ name: 'billing', batchRecordsMax: 1 })
    const offsets = [1, 2].map((i) => second.publish(value(i)))
    expect(await settled(Promise.all(offsets))).toEqual([1, 2])
  })

  test('is fenced for good by a newer one', async () => {
    const older = create({ name: 'billing' })
    await settled(older.publish(value(0)))
    const newer = create({ name: 'billing' })
    await settled(newer.publish(value(1)))
    const errors: unknown[] = []
    older.onError((error) => errors.push(error.code))
    expect(await caught(settled(older.publish(value(2))))).toMatchObject({ code: 'FENCED' })
    expect(errors).toEqual(['FENCED'])
    expect(() => older.send(value(3))).toThrow(expect.objectContaining({ code: 'FENCED' }))
    expect(await settled(newer.publish(value(4)))).toBe(2)
    expect(stored()).toEqual([0, 1, 4])
  })

  test('that comes back after another one has taken over is fenced', async () => {
    const older = create({ name: 'billing' })
    await settled(older.publish(value(0)))
    world.server
      .log('orders')
      .openProducer([...world.server.log('orders').producers.keys()][0] ?? 0)
    world.server.dropConnections()
    await world.advance(20)
    expect(await caught(settled(older.publish(value(1))))).toMatchObject({ code: 'FENCED' })
  })
})

describe('a refusal that may pass', () => {
  test('is waited out; nothing is lost and the order is kept', async () => {
    const producer = create({ batchRecordsMax: 1 })
    await settled(producer.publish(value(0)))
    let refusals = 3
    world.server.refusal = () => {
      refusals -= 1
      return refusals >= 0 ? new StorageError('NO_SPACE', 'no space') : undefined
    }
    const offsets = [1, 2, 3].map((i) => producer.publish(value(i)))
    await world.settle()
    expect(producer.refusal).toMatchObject({ code: 'NO_SPACE' })
    for (let i = 0; i < 4; i += 1) await world.advance(10)
    expect(await settled(Promise.all(offsets))).toEqual([1, 2, 3])
    expect(producer.refusal).toBeUndefined()
    expect(stored()).toEqual([0, 1, 2, 3])
  })

  test('is to be seen until what was refused is acknowledged, and named when the client is closed', async () => {
    const producer = create({ batchRecordsMax: 1 })
    await settled(producer.publish(value(0)))
    world.server.refusal = () => new StorageError('NO_SPACE', 'no space')
    const offset = caught(producer.publish(value(1)))
    for (let i = 0; i < 200; i += 1) {
      await world.advance(1)
      if (i > 0) expect(producer.refusal).toMatchObject({ code: 'NO_SPACE' })
    }
    const closing = client.close()
    await world.advance(5000)
    await closing
    const error = await offset
    expect(error).toMatchObject({
      code: 'CLIENT_CLOSED',
      details: { unacknowledgedCount: 1 },
      cause: { code: 'NO_SPACE' },
    })
    expect((error as Error).message).toMatch(/1 records .* "orders" waited, because .*no space/)
  })

  test('is not asked about again before the server wants it', async () => {
    const producer = create()
    await settled(producer.open())
    const error = new LimitError('THROTTLED', 'slower', { details: { retryAfterMs: 5000 } })
    world.server.refusal = () => error
    producer.send(value(0))
    await world.settle()
    world.server.refusal = undefined
    await world.advance(4999)
    expect(stored()).toEqual([])
    await world.advance(1)
    expect(stored()).toEqual([0])
  })

  test('of the opening is waited out too, over lost connections', async () => {
    let refusals = 2
    world.server.intercept = ({ type }) => {
      if (type !== FrameType.OPEN_PRODUCER || refusals === 0) return false
      refusals -= 1
      throw new LimitError('SHUTTING_DOWN', 'closing')
    }
    world.server.intercept = withErrors(world.server.intercept)
    const producer = create()
    const offset = producer.publish(value(0))
    await world.settle()
    world.server.dropConnections()
    await world.advance(20)
    await world.advance(20)
    expect(await settled(offset)).toBe(0)
  })
})

/** Answers a request with what the interceptor throws. */
function withErrors(
  intercept: NonNullable<FakeWorld['server']['intercept']>,
): NonNullable<FakeWorld['server']['intercept']> {
  return (frame, connection) => {
    try {
      return intercept(frame, connection)
    } catch (error) {
      connection.failRequest(frame.argument, error)
      return true
    }
  }
}

describe('a refusal for good', () => {
  const error = new RequestError('INVALID_REQUEST', 'not like this')

  test('fails what it concerns and the producer, not what was acknowledged before', async () => {
    const producer = create({ batchRecordsMax: 1 })
    let count = 0
    world.server.refusal = () => {
      count += 1
      return count === 2 ? error : undefined
    }
    const results = [0, 1, 2].map((i) => producer.publish(value(i)))
    const outcomes = await settled(Promise.allSettled(results))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(stored()).toEqual([0])
  })

  test('of records sent without a promise surfaces in flush, ready, close and send', async () => {
    world.server.refusal = () => error
    const producer = create()
    const errors: unknown[] = []
    producer.onError((failure) => errors.push(failure.code))
    producer.send(value(0))
    await world.settle()
    expect(errors).toEqual(['INVALID_REQUEST'])
    const failed = expect.objectContaining({ code: 'INVALID_REQUEST' }) as unknown
    expect(await caught(producer.flush())).toEqual(failed)
    expect(await caught(producer.ready())).toEqual(failed)
    expect(await caught(producer.close())).toEqual(failed)
    expect(() => producer.send(value(1))).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    )
    expect(await caught(producer.publish(value(1)))).toEqual(failed)
  })

  test('rejects those who wait in flush and ready', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create({ bufferBytesMax: 100, batchRecordsMax: 1 })
    await settled(producer.open())
    while (producer.send(value(0, 50)));
    const waiting = [caught(producer.ready()), caught(producer.flush())]
    await world.settle()
    world.server.connection.failChannel(1, error)
    await world.settle()
    expect(await Promise.all(waiting)).toMatchObject([
      { code: 'INVALID_REQUEST' },
      { code: 'INVALID_REQUEST' },
    ])
  })

  test('is thrown by disposing of the producer only if nobody was told', async () => {
    world.server.refusal = () => error
    const silent = create()
    silent.send(value(0))
    await world.settle()
    expect(await caught(silent[Symbol.asyncDispose]())).toMatchObject({ code: 'INVALID_REQUEST' })

    const told = create()
    told.send(value(0))
    await caught(settled(told.flush()))
    await told[Symbol.asyncDispose]()

    const published = create()
    await caught(settled(published.publish(value(0))))
    await published[Symbol.asyncDispose]()
  })

  test('does not keep stream.publish from working once the cause is gone', async () => {
    world.server.refusal = () => error
    const orders = client.stream('orders')
    expect(await caught(settled(orders.publish(1)))).toMatchObject({ code: 'INVALID_REQUEST' })
    world.server.refusal = undefined
    expect(await settled(orders.publish(2))).toBe(0)
  })

  test('of the opening rejects open and what was sent', async () => {
    const producer = create({ create: false })
    const opening = caught(producer.open())
    const publishing = caught(producer.publish(value(0)))
    await world.settle()
    expect(await opening).toMatchObject({ code: 'STREAM_NOT_FOUND' })
    expect(await publishing).toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })
})

describe('a server that breaks the rules', () => {
  test('by acknowledging what was not sent loses the connection', async () => {
    const producer = create()
    await settled(producer.publish(value(0)))
    const ack = {
      channel: 1,
      throughOrdinal: 5,
      baseOffset: 9,
      isDuplicate: false,
      isDurable: true,
    }
    const errors: unknown[] = []
    client.onState((change) => errors.push(change.error?.code))
    world.server.connection.send(encodeAckFrame([ack]))
    await world.advance(20)
    expect(errors).toEqual(['MALFORMED_FRAME', undefined])
    expect(await settled(producer.publish(value(1)))).toBe(1)
  })

  test('by acknowledging an unknown channel is not heard', async () => {
    const ack = {
      channel: 9,
      throughOrdinal: 0,
      baseOffset: 0,
      isDuplicate: false,
      isDurable: true,
    }
    world.server.connection.send(encodeAckFrame([ack]))
    await world.settle()
    expect(client.state).toBe('open')
  })
})

test.each<[string, ProducerOptions]>([
  ['an empty name', { name: '' }],
  ['a name too long', { name: 'x'.repeat(256) }],
  ['a batch of no bytes', { batchBytesMax: 0 }],
  ['half a record', { batchRecordsMax: 0.5 }],
  ['a negative linger', { lingerMs: -1 }],
  ['no buffer', { bufferBytesMax: 0 }],
])('a producer cannot have %s', (_what, options) => {
  expect(() => create(options)).toThrow(RangeError)
})

describe('close', () => {
  test('flushes, closes the channel and takes nothing more', async () => {
    const producer = create()
    producer.send(value(0))
    const closing = producer.close()
    expect(() => producer.send(value(1))).toThrow(
      expect.objectContaining({ code: 'PRODUCER_CLOSED' }),
    )
    expect(producer.close()).toBe(closing)
    await settled(closing)
    expect(stored()).toEqual([0])
    expect(world.server.receivedOf(FrameType.CLOSE_CHANNEL)).toHaveLength(1)
    expect(world.server.connection.producers.size).toBe(0)
    expect(await caught(producer.open())).toMatchObject({ code: 'PRODUCER_CLOSED' })
  })

  test('of a producer that was never used asks nothing of the server', async () => {
    await create().close()
    expect(world.server.receivedOf(FrameType.OPEN_PRODUCER)).toHaveLength(0)
  })

  test('while it is opening closes the channel as soon as it is open', async () => {
    const producer = create()
    const opening = caught(producer.open())
    const closing = producer.close()
    await settled(closing)
    expect(await opening).toMatchObject({ code: 'PRODUCER_CLOSED' })
    expect(world.server.connection.producers.size).toBe(0)
  })

  test('of the client waits for acknowledgements, without end if they come', async () => {
    world.server.acknowledgesAtOnce = false
    const producer = create()
    producer.send(value(0))
    await world.settle()
    const closing = client.close()
    await world.advance(4000)
    expect(client.state).toBe('open')
    world.server.acknowledge()
    await settled(closing)
    expect(producer.acknowledgedCount).toBe(1)
    expect(world.clock.timerCount).toBe(0)
  })

  test('of the client gives up waiting after a time, and says what was lost', async () => {
    world.server.acknowledgesAtOnce = false
    create().send(value(0))
    const closing = caught(client.close())
    await world.advance(5000)
    await world.settle()
    expect(await closing).toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(client.state).toBe('closed')
    expect(world.transports).toHaveLength(0)
  })

  test('of the client does not wait for a server that closes no channels', async () => {
    const producer = create()
    await settled(producer.publish(value(0)))
    world.server.intercept = ({ type }) => type === FrameType.CLOSE_CHANNEL
    const closing = client.close()
    await world.advance(5000)
    await settled(closing)
    expect(world.transports).toHaveLength(0)
  })

  test('leaves no timer of a record that waited for others', async () => {
    const producer = create({ lingerMs: 60_000 })
    const timerCount = world.clock.timerCount
    producer.send(value(0))
    await settled(producer.close())
    expect(world.clock.timerCount).toBe(timerCount)
  })

  test('of the client does not repeat what was told', async () => {
    world.server.acknowledgesAtOnce = false
    const publishing = caught(create().publish(value(0)))
    const closing = client.close()
    await world.advance(5000)
    await settled(closing)
    expect(await publishing).toMatchObject({ code: 'CLIENT_CLOSED' })
  })
})
