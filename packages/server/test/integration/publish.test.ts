/** PUBLISH to ACK: order, coalescing, durability, and every way a batch is refused. */

import { BATCH_LENGTH_AT, StorageError } from '@tailrace/format'
import { encodeFrame, FrameType, OFFSET_UNKNOWN } from '@tailrace/protocol'
import { describe, expect, test } from 'vitest'

import { makeBatch, makeBatches } from '../support/batches.js'
import { RecordingLogger } from '../support/recording-logger.js'
import { serveCore, serveMemory } from '../support/serve.js'

/** A producer on a stream of a server in memory. */
async function setUp({ durability = 'fsync', limits = {} } = {}) {
  const tested = await serveMemory({ limits })
  const log = await tested.store.ensure('orders', {
    durability: durability === 'fsync' ? 'fsync' : 'relaxed',
  })
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders' })
  return { tested, log, peer, producer }
}

describe.each([
  ['memory', serveMemory],
  ['core', serveCore],
])('%s', (_, serve) => {
  test.each(['fsync', 'relaxed'] as const)(
    '%s: batches get offsets in order',
    async (durability) => {
      await using tested = await serve()
      await tested.store.ensure('orders', { durability })
      const peer = await tested.connect()
      const producer = await peer.openProducer({ stream: 'orders' })
      expect(producer).toMatchObject({ lastSequence: -1, endOffset: 0, durability })
      const batches = makeBatches(producer, 100, { recordCount: 7 })
      for (const [ordinal, batch] of batches.entries())
        peer.publish(producer.channel, ordinal, batch)
      const acks = await peer.acknowledged(producer.channel, 99)
      expect(acks[0]).toMatchObject({ baseOffset: 0, isDuplicate: false })
      expect(acks.every((entry) => entry.isDurable === (durability === 'fsync'))).toBe(true)
      let expectedOffset = 0
      let previousOrdinal = -1
      for (const entry of acks) {
        expect(entry.baseOffset).toBe(expectedOffset)
        expectedOffset += (entry.throughOrdinal - previousOrdinal) * 7
        previousOrdinal = entry.throughOrdinal
      }
      expect(expectedOffset).toBe(700)
    },
  )

  test('a batch that is sent again is acknowledged as a duplicate with its offset', async () => {
    await using tested = await serve()
    await tested.store.ensure('orders')
    const first = await tested.connect()
    const before = await first.openProducer({ stream: 'orders', name: 'billing' })
    first.publish(
      before.channel,
      0,
      makeBatch({ producer: before, sequence: 0, values: ['a', 'b'] }),
    )
    await first.acknowledged(before.channel, 0)
    first.socket.terminate()
    const second = await tested.connect()
    const after = await second.openProducer({ stream: 'orders', name: 'billing' })
    expect(after.producerId).toBe(before.producerId)
    expect(after.producerEpoch).toBeGreaterThan(before.producerEpoch)
    expect(after.lastSequence).toBe(1)
    second.publish(
      after.channel,
      0,
      makeBatch({ producer: after, sequence: 0, values: ['a', 'b'] }),
      makeBatch({ producer: after, sequence: 2, values: ['c'] }),
    )
    expect(await second.acknowledged(after.channel, 1)).toEqual([
      expect.objectContaining({ throughOrdinal: 0, baseOffset: 0, isDuplicate: true }),
      expect.objectContaining({ throughOrdinal: 1, baseOffset: 2, isDuplicate: false }),
    ])
  })

  test('a producer that was opened elsewhere is fenced at its next batch', async () => {
    await using tested = await serve()
    await tested.store.ensure('orders')
    const [first, second] = [await tested.connect(), await tested.connect()]
    const old = await first.openProducer({ stream: 'orders', name: 'billing' })
    const current = await second.openProducer({ stream: 'orders', name: 'billing' })
    first.publish(old.channel, 0, ...makeBatches(old, 1))
    expect(await first.channelError(old.channel)).toMatchObject({
      error: { code: 'FENCED', action: 'stop' },
      ordinal: 0,
    })
    second.publish(current.channel, 0, ...makeBatches(current, 1))
    expect((await second.acknowledged(current.channel, 0))[0]?.baseOffset).toBe(0)
  })

  test('a corrupted batch is refused and nothing of it stored', async () => {
    await using tested = await serve()
    const log = await tested.store.ensure('orders')
    const peer = await tested.connect()
    const producer = await peer.openProducer({ stream: 'orders' })
    const batches = makeBatches(producer, 3)
    const damaged = batches[1]?.slice() ?? new Uint8Array()
    damaged[damaged.byteLength - 8] = (damaged[damaged.byteLength - 8] ?? 0) ^ 1
    peer.publish(producer.channel, 0, ...batches.slice(0, 1), damaged, ...batches.slice(2))
    const { error, ordinal } = await peer.channelError(producer.channel)
    expect(error.code).toBe('CHECKSUM_MISMATCH')
    expect(ordinal).toBe(1)
    expect(peer.acks(producer.channel)).toMatchObject([{ throughOrdinal: 0, baseOffset: 0 }])
    expect(log.endOffset).toBe(1)
    // What follows on the channel is dropped; a new one goes on where the old one was refused.
    peer.publish(producer.channel, 3, ...makeBatches(producer, 1, { sequence: 3 }))
    const again = await peer.openProducer({ stream: 'orders', producerId: producer.producerId })
    expect(again.lastSequence).toBe(0)
    peer.publish(again.channel, 0, ...makeBatches(again, 2, { sequence: 1 }))
    await peer.acknowledged(again.channel, 1)
    expect(log.endOffset).toBe(3)
  })

  test('records that are missing before a batch are said', async () => {
    await using tested = await serve()
    await tested.store.ensure('orders')
    const peer = await tested.connect()
    const producer = await peer.openProducer({ stream: 'orders' })
    const [first] = makeBatches(producer, 1)
    const [late] = makeBatches(producer, 1, { sequence: 5 })
    peer.publish(producer.channel, 0, first ?? new Uint8Array(), late ?? new Uint8Array())
    const { error, ordinal } = await peer.channelError(producer.channel)
    expect(error).toMatchObject({
      code: 'OUT_OF_SEQUENCE',
      details: { expectedSequence: 1, actualSequence: 5 },
    })
    expect(ordinal).toBe(1)
  })
})

test('acknowledgements of a turn leave in one message, contiguous ones in one entry', async () => {
  const { tested, peer, producer } = await setUp({ durability: 'relaxed' })
  await using _ = tested
  await tested.store.ensure('other', { durability: 'relaxed' })
  const other = await peer.openProducer({ stream: 'other' })
  const mine = makeBatches(producer, 64)
  const theirs = makeBatches(other, 64)
  // One write on the socket, so that the server reads it in one turn.
  const socket = (peer.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket
  socket.cork()
  for (const [ordinal, batch] of mine.entries()) {
    peer.publish(producer.channel, ordinal, batch)
    peer.publish(other.channel, ordinal, theirs[ordinal] ?? new Uint8Array())
  }
  socket.uncork()
  await peer.acknowledged(producer.channel, 63)
  await peer.acknowledged(other.channel, 63)
  expect(peer.ofType(FrameType.ACK)).toHaveLength(1)
  expect(peer.acks(producer.channel)).toMatchObject([{ throughOrdinal: 63, baseOffset: 0 }])
})

test('fsync: nothing is acknowledged before it is durable, and a group commit is one message', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.syncsByItself = false
  for (const [ordinal, batch] of makeBatches(producer, 20).entries()) {
    peer.publish(producer.channel, ordinal, batch)
  }
  await peer.settle()
  expect(log.endOffset).toBe(20)
  expect(peer.acks(producer.channel)).toEqual([])
  log.sync(12)
  await peer.acknowledged(producer.channel, 11)
  log.sync()
  await peer.acknowledged(producer.channel, 19)
  expect(peer.acks(producer.channel)).toMatchObject([
    { throughOrdinal: 11, baseOffset: 0, isDurable: true },
    { throughOrdinal: 19, baseOffset: 12, isDurable: true },
  ])
  expect(peer.ofType(FrameType.ACK)).toHaveLength(2)
})

test('a duplicate is not acknowledged before its original is durable', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.syncsByItself = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 2))
  const again = await peer.openProducer({ stream: 'orders', producerId: producer.producerId })
  const [older, latest] = makeBatches(again, 2)
  peer.publish(again.channel, 0, older ?? new Uint8Array(), latest ?? new Uint8Array())
  await peer.settle()
  log.sync(1)
  await peer.settle()
  expect(peer.acks(again.channel)).toEqual([])
  log.sync()
  expect(await peer.acknowledged(again.channel, 1)).toMatchObject([
    { throughOrdinal: 0, baseOffset: OFFSET_UNKNOWN, isDuplicate: true },
    { throughOrdinal: 1, baseOffset: 1, isDuplicate: true },
  ])
})

test('a refusal waits for the acknowledgement of what was before it', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.syncsByItself = false
  const [good] = makeBatches(producer, 1)
  const bad = good?.slice(0, -8) ?? new Uint8Array()
  peer.publish(producer.channel, 0, good ?? new Uint8Array(), bad)
  await peer.settle()
  expect(peer.ofType(FrameType.ERROR)).toEqual([])
  log.sync()
  const { error, ordinal } = await peer.channelError(producer.channel)
  expect(error.code).toBe('TRUNCATED')
  expect(ordinal).toBe(1)
  const [ack, refusal] = peer.frames.slice(-2)
  expect([ack?.type, refusal?.type]).toEqual([FrameType.ACK, FrameType.ERROR])
})

test('a failed sync is told for the first batch that is not durable, and readers are served', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  peer.publish(producer.channel, 0, ...makeBatches(producer, 2))
  await peer.acknowledged(producer.channel, 1)
  log.syncsByItself = false
  peer.publish(producer.channel, 2, ...makeBatches(producer, 3, { sequence: 2 }))
  await peer.settle()
  log.poison()
  const { error, ordinal } = await peer.channelError(producer.channel)
  expect(error.code).toBe('STREAM_POISONED')
  expect(ordinal).toBe(2)
  await expect(peer.openProducer({ stream: 'orders' })).rejects.toMatchObject({
    code: 'STREAM_POISONED',
  })
  await peer.subscribe({ stream: 'orders' })
  await peer.when((frame) => frame.type === FrameType.CAUGHT_UP)
  expect(Buffer.concat(peer.ofType(FrameType.DELIVER).map((frame) => frame.body))).toEqual(
    Buffer.from(log.stored.subarray(0, log.batches[2]?.position)),
  )
})

test('a log without room stops the reading, and everything goes on in order', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.hasRoom = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 3))
  peer.publish(producer.channel, 3, ...makeBatches(producer, 2, { sequence: 3 }))
  const settled = peer.settle()
  await (await tested.connect()).settle()
  expect(log.endOffset).toBe(0)
  expect(peer.ofType(FrameType.PONG)).toEqual([])
  log.giveRoom()
  await settled
  expect(log.endOffset).toBe(5)
  const acks = await peer.acknowledged(producer.channel, 4)
  expect(acks[0]?.baseOffset).toBe(0)
})

test('a log that gets no room refuses the batch and frees the connection', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.hasRoom = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 3))
  await (await tested.connect()).settle()
  const path = '/data/streams/orders/1.log'
  const details = { path, errno: 'ENOSPC' }
  log.refuseRoom(
    new StorageError('NO_SPACE', `no space left while creating "${path}"`, { details }),
  )
  const { error, ordinal } = await peer.channelError(producer.channel)
  expect(error).toMatchObject({ code: 'NO_SPACE', action: 'retry', details: { errno: 'ENOSPC' } })
  // Where the files are is nobody's business.
  expect(JSON.stringify([error.message, error.details])).not.toContain('/data')
  expect(ordinal).toBe(0)
  await peer.settle()
  log.hasRoom = true
  const again = await peer.openProducer({ stream: 'orders', producerId: producer.producerId })
  peer.publish(again.channel, 0, ...makeBatches(again, 3))
  await peer.acknowledged(again.channel, 2)
})

test('a connection that ends while its batch waits for room leaves nothing behind', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.hasRoom = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 1))
  const other = await tested.connect()
  await other.settle()
  peer.socket.terminate()
  await tested.server.close({ graceMs: 0 })
  log.giveRoom()
  await new Promise(setImmediate)
  expect(log.appendCount).toBe(0)
  expect(log.listenerCount).toBe(0)
})

test('a batch above the limit is refused by its length alone', async () => {
  const { tested, log, peer, producer } = await setUp({ limits: { batchBytesMax: 1024 } })
  await using _ = tested
  const values = ['x'.repeat(2000)]
  peer.publish(producer.channel, 0, makeBatch({ producer, sequence: 0, values }))
  const { error } = await peer.channelError(producer.channel)
  expect(error).toMatchObject({ code: 'BATCH_TOO_LARGE', details: { batchBytesMax: 1024 } })
  expect(log.appendCount).toBe(0)
})

test('a length that lies about the frame is refused', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  const [batch = new Uint8Array()] = makeBatches(producer, 1)
  new DataView(batch.buffer).setUint32(BATCH_LENGTH_AT, batch.byteLength + 800, true)
  peer.publish(producer.channel, 0, batch)
  expect((await peer.channelError(producer.channel)).error.code).toBe('TRUNCATED')
  expect(log.appendCount).toBe(0)
})

test('an empty PUBLISH is refused', async () => {
  const { tested, peer, producer } = await setUp()
  await using _ = tested
  peer.publish(producer.channel, 0)
  expect((await peer.channelError(producer.channel)).error.code).toBe('TRUNCATED')
})

test.each([
  ['another producer', { producerId: 1 }],
  ['another epoch', { producerEpoch: 99 }],
])('a batch of %s than the channel is refused', async (_, wrong) => {
  const { tested, log, peer, producer } = await setUp()
  await using __ = tested
  peer.publish(producer.channel, 0, ...makeBatches({ ...producer, ...wrong }, 1))
  expect((await peer.channelError(producer.channel)).error.code).toBe('INVALID_REQUEST')
  expect(log.appendCount).toBe(0)
})

test('an ordinal that is not the next one is refused', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  peer.publish(producer.channel, 0, ...makeBatches(producer, 1))
  peer.publish(producer.channel, 2, ...makeBatches(producer, 1, { sequence: 1 }))
  const { error, ordinal } = await peer.channelError(producer.channel)
  expect(error).toMatchObject({
    code: 'INVALID_REQUEST',
    details: { actualOrdinal: 2, expectedOrdinal: 1 },
  })
  expect(ordinal).toBe(1)
  expect(log.endOffset).toBe(1)
})

test('more batches in flight than agreed are refused', async () => {
  const { tested, log, peer, producer } = await setUp({ limits: { inFlightBatchesMax: 4 } })
  await using _ = tested
  log.syncsByItself = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 5))
  await peer.settle()
  expect(log.endOffset).toBe(4)
  log.sync()
  const { error, ordinal } = await peer.channelError(producer.channel)
  expect(error).toMatchObject({ code: 'THROTTLED', details: { inFlightBatchesMax: 4 } })
  expect(ordinal).toBe(4)
  expect(peer.acks(producer.channel)).toMatchObject([{ throughOrdinal: 3 }])
})

test('a PUBLISH on a channel that was never opened is told', async () => {
  const { tested, peer } = await setUp()
  await using _ = tested
  peer.publish(77, 0, new Uint8Array(80))
  const { error } = await peer.channelError(77)
  expect(error.code).toBe('UNKNOWN_CHANNEL')
  await peer.settle()
})

test('a PUBLISH on a subscription ends it, and a CREDIT on a producer that', async () => {
  const { tested, peer, producer } = await setUp()
  await using _ = tested
  const { channel } = await peer.subscribe({ stream: 'orders' })
  peer.publish(channel, 0, new Uint8Array(80))
  expect((await peer.channelError(channel)).error.code).toBe('INVALID_REQUEST')
  peer.send(encodeFrame(FrameType.CREDIT, { channel: producer.channel }, new Uint8Array(8)))
  expect((await peer.channelError(producer.channel)).error.code).toBe('INVALID_REQUEST')
})

test('CLOSE_CHANNEL is answered when everything before it is acknowledged', async () => {
  const { tested, log, peer, producer } = await setUp()
  await using _ = tested
  log.syncsByItself = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 2))
  const closing = peer.request(FrameType.CLOSE_CHANNEL, {}, producer.channel)
  // Too late: dropped, not appended.
  peer.publish(producer.channel, 2, ...makeBatches(producer, 1, { sequence: 2 }))
  await peer.settle()
  expect(peer.ofType(FrameType.CHANNEL_CLOSED)).toEqual([])
  log.sync()
  const closed = await closing
  expect(closed.channel).toBe(producer.channel)
  expect(peer.frames.slice(-2).map((frame) => frame.type)).toEqual([
    FrameType.ACK,
    FrameType.CHANNEL_CLOSED,
  ])
  expect(log.endOffset).toBe(2)
  expect(log.listenerCount).toBe(0)
  // Again, and for a number that was never given out.
  await peer.request(FrameType.CLOSE_CHANNEL, {}, producer.channel)
  await peer.request(FrameType.CLOSE_CHANNEL, {}, 999)
})

test('numbers of channels go up, and a connection has so many of them', async () => {
  const { tested, peer, producer } = await setUp({ limits: { channelsMax: 2 } })
  await using _ = tested
  const { channel } = await peer.subscribe({ stream: 'orders' })
  expect([producer.channel, channel]).toEqual([1, 2])
  await expect(peer.openProducer({ stream: 'orders' })).rejects.toMatchObject({
    code: 'TOO_MANY_SUBSCRIPTIONS',
  })
  await expect(peer.subscribe({ stream: 'orders' })).rejects.toMatchObject({
    code: 'TOO_MANY_SUBSCRIPTIONS',
  })
  await peer.request(FrameType.CLOSE_CHANNEL, {}, channel)
  expect((await peer.subscribe({ stream: 'orders' })).channel).toBe(3)
})

test('of requests that wait at the same time, no more than agreed get a channel', async () => {
  const { tested, peer } = await setUp({ limits: { channelsMax: 3 } })
  await using _ = tested
  const opened = await Promise.allSettled([
    peer.subscribe({ stream: 'orders' }),
    peer.openProducer({ stream: 'orders' }),
    peer.subscribe({ stream: 'orders' }),
    peer.openProducer({ stream: 'orders' }),
  ])
  expect(opened.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ])
})

test('what a lost connection had asked for is not opened when the store answers', async () => {
  const logger = new RecordingLogger()
  await using tested = await serveMemory({ logger })
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  let openGate = (): void => undefined
  tested.store.gate = new Promise((resolve) => (openGate = resolve))
  peer.post(FrameType.OPEN_PRODUCER, { stream: 'orders' })
  peer.post(FrameType.SUBSCRIBE, { stream: 'orders', from: { first: true }, creditBytes: 1 })
  await peer.settle()
  peer.socket.terminate()
  await logger.when('a connection ended')
  openGate()
  await new Promise(setImmediate)
  expect(log.listenerCount).toBe(0)
})
