/** SUBSCRIBE to DELIVER: where it starts, where it stops, and what is said on the way. */

import { BatchView, RequestError, StorageError, type TailraceError } from '@tailrace/format'
import {
  decodeCaughtUpBody,
  decodeEndNotice,
  decodeGapNotice,
  encodeCreditFrame,
  encodeFrame,
  FrameType,
  type SubscribeRequest,
} from '@tailrace/protocol'
import { describe, expect, test } from 'vitest'

import { makeBatch, makeBatches } from '../support/batches.js'
import type { Peer } from '../support/peer.js'
import { serveCore, serveMemory } from '../support/serve.js'

/** Every batch that came on a channel, as [baseOffset, nextOffset]. */
function deliveredRanges(peer: Peer, channel: number): [number, number][] {
  return peer.ofType(FrameType.DELIVER, channel).flatMap(({ body }) => {
    const ranges: [number, number][] = []
    for (let position = 0; position < body.byteLength;) {
      const view = new BatchView(body, position)
      ranges.push([view.baseOffset, view.nextOffset])
      position += view.batchLength
    }
    return ranges
  })
}

function deliveredBytes(peer: Peer, channel: number): Buffer {
  return Buffer.concat(peer.ofType(FrameType.DELIVER, channel).map((frame) => frame.body))
}

/** Bytes of DELIVER bodies on a channel. */
function deliveredCount(peer: Peer, channel: number): number {
  return deliveredBytes(peer, channel).byteLength
}

async function caughtUp(peer: Peer, channel: number): Promise<number> {
  const frame = await peer.when(
    (candidate) => candidate.type === FrameType.CAUGHT_UP && candidate.channel === channel,
  )
  return decodeCaughtUpBody(frame.body)
}

async function ended(peer: Peer, channel: number) {
  const frame = await peer.when(
    (candidate) => candidate.type === FrameType.END && candidate.channel === channel,
  )
  return decodeEndNotice(frame.body)
}

/** A stream "orders" with 10 batches of 10 records. */
async function fill(peer: Peer, batchCount = 10, valueBytes = 16) {
  const producer = await peer.openProducer({ stream: 'orders', create: true })
  const batches = makeBatches(producer, batchCount, { recordCount: 10, valueBytes })
  for (const [ordinal, batch] of batches.entries()) peer.publish(producer.channel, ordinal, batch)
  await peer.acknowledged(producer.channel, batchCount - 1)
  return { producer, batches }
}

describe.each([
  ['memory', serveMemory],
  ['core', serveCore],
])('%s', (_, serve) => {
  test.each<[string, SubscribeRequest['from'], number]>([
    ['the first record', { first: true }, 0],
    ['the next record', { next: true }, 100],
    ['an offset', { offset: 42 }, 42],
    ['the end', { offset: 100 }, 100],
    ['the last 15 records', { last: 15 }, 85],
    ['the last 0 records', { last: 0 }, 100],
    ['more last records than there are', { last: 1000 }, 0],
    ['a time before all records', { timestampUs: 0 }, 0],
    ['a time after all records', { timestampUs: Number.MAX_SAFE_INTEGER }, 100],
  ])('from %s', async (__, from, startOffset) => {
    await using tested = await serve()
    const peer = await tested.connect()
    await fill(peer)
    const reply = await peer.subscribe({ stream: 'orders', from })
    expect(reply).toMatchObject({
      startOffset,
      stopOffset: null,
      firstOffset: 0,
      visibleOffset: 100,
    })
    expect(await caughtUp(peer, reply.channel)).toBe(100)
    const ranges = deliveredRanges(peer, reply.channel)
    // Whole batches, from the one that holds the start, without a hole.
    const firstBatch = Math.floor(startOffset / 10)
    const expected = Array.from({ length: 10 - firstBatch }, (___, index) => [
      (firstBatch + index) * 10,
      (firstBatch + index + 1) * 10,
    ])
    expect(ranges).toEqual(expected)
  })

  test('an offset beyond the end is refused with the bounds, or clamped if asked to', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    await fill(peer)
    const beyond = { stream: 'orders', from: { offset: 101 } } as const
    await expect(peer.subscribe(beyond)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      action: 'reset-offset',
      details: { stream: 'orders', offset: 101, startOffset: 0, endOffset: 100 },
    })
    const clamped = await peer.subscribe({ ...beyond, onOutOfRange: 'clamp' })
    expect(clamped.startOffset).toBe(100)
    expect(await caughtUp(peer, clamped.channel)).toBe(100)
  })

  test('an epoch that is not the stream’s is refused', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    await fill(peer)
    const { epoch } = await peer.subscribe({ stream: 'orders' })
    await peer.subscribe({ stream: 'orders', epoch })
    for (const onOutOfRange of ['strict', 'clamp'] as const) {
      await expect(
        peer.subscribe({ stream: 'orders', epoch: epoch + 1, onOutOfRange }),
      ).rejects.toMatchObject({
        code: 'EPOCH_MISMATCH',
        details: { knownEpoch: epoch + 1, actualEpoch: epoch },
      })
    }
  })

  test.each<[string, SubscribeRequest['stop'], { stopOffset: number; sentTo: number }]>([
    ['an offset within a batch', { offset: 42 }, { stopOffset: 42, sentTo: 50 }],
    ['an offset between batches', { offset: 40 }, { stopOffset: 40, sentTo: 40 }],
    ['a count', { count: 15 }, { stopOffset: 15, sentTo: 20 }],
    ['the end', { atEnd: true }, { stopOffset: 100, sentTo: 100 }],
    ['an offset before the start', { offset: 0 }, { stopOffset: 0, sentTo: 0 }],
    ['a count of nothing', { count: 0 }, { stopOffset: 0, sentTo: 0 }],
    ['a time before all records', { timestampUs: 1 }, { stopOffset: 0, sentTo: 0 }],
  ])('stops at %s, behind the batch that holds it', async (__, stop, { stopOffset, sentTo }) => {
    await using tested = await serve()
    const peer = await tested.connect()
    await fill(peer)
    const reply = await peer.subscribe({ stream: 'orders', stop })
    expect(reply.stopOffset).toBe(stopOffset)
    expect(await ended(peer, reply.channel)).toEqual({ reason: 'stop', offset: stopOffset })
    expect(deliveredRanges(peer, reply.channel).at(-1)?.[1] ?? 0).toBe(sentTo)
    // The channel is closed: what crosses END is harmless.
    peer.send(encodeCreditFrame(reply.channel, 10_000_000))
    await peer.request(FrameType.CLOSE_CHANNEL, {}, reply.channel)
    expect(peer.ofType(FrameType.ERROR)).toEqual([])
  })

  test('waits for a stop that is still to come', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const { producer } = await fill(peer)
    const reply = await peer.subscribe({ stream: 'orders', stop: { offset: 105 } })
    await caughtUp(peer, reply.channel)
    expect(peer.ofType(FrameType.END)).toEqual([])
    const more = makeBatches(producer, 2, { recordCount: 10, sequence: 100 })
    peer.publish(producer.channel, 10, ...more)
    expect(await ended(peer, reply.channel)).toEqual({ reason: 'stop', offset: 105 })
    expect(deliveredRanges(peer, reply.channel).at(-1)).toEqual([100, 110])
  })

  test('a subscription at the tail gets what is published, once, in order', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const producer = await peer.openProducer({ stream: 'orders', create: true })
    const { channel } = await peer.subscribe({ stream: 'orders', from: { next: true } })
    await caughtUp(peer, channel)
    for (const [ordinal, batch] of makeBatches(producer, 50).entries()) {
      peer.publish(producer.channel, ordinal, batch)
      if (ordinal % 10 === 9) await peer.acknowledged(producer.channel, ordinal)
    }
    await peer.when(() => deliveredRanges(peer, channel).length === 50)
    expect(deliveredRanges(peer, channel)).toEqual(
      Array.from({ length: 50 }, (__, offset) => [offset, offset + 1]),
    )
    // It never fell behind, so it is not told again that it has caught up.
    expect(peer.ofType(FrameType.CAUGHT_UP)).toHaveLength(1)
  })

  test('credit bounds what is sent, up to the rest of one batch', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const { batches } = await fill(peer, 20, 100)
    const batchBytes = batches[0]?.byteLength ?? 0
    const { channel } = await peer.subscribe({ stream: 'orders', creditBytes: 0 })
    await peer.settle()
    expect(deliveredCount(peer, channel)).toBe(0)
    let sentBytes = 0
    const grants = [1, batchBytes, batchBytes + 1, 3 * batchBytes, 3 * batchBytes, 7.5 * batchBytes]
    for (const limit of grants.map(Math.floor)) {
      peer.send(encodeCreditFrame(channel, limit))
      // Two round trips: the grant is served at the end of the turn it came in.
      await peer.settle()
      await peer.settle()
      // Below the limit whole batches fit; the first of a run is sent whole.
      while (sentBytes < limit) {
        const fitting = Math.max(1, Math.floor((limit - sentBytes) / batchBytes))
        sentBytes += fitting * batchBytes
      }
      expect(deliveredCount(peer, channel)).toBe(sentBytes)
    }
    expect(peer.ofType(FrameType.CAUGHT_UP)).toEqual([])
    peer.send(encodeCreditFrame(channel, 20 * batchBytes))
    expect(await caughtUp(peer, channel)).toBe(200)
    expect(deliveredCount(peer, channel)).toBe(20 * batchBytes)
  })
})

test('credit that was granted before, or less, changes nothing; too much ends the channel', async () => {
  await using tested = await serveMemory({ limits: { windowBytesMax: 10_000 } })
  const peer = await tested.connect()
  const { batches } = await fill(peer)
  const batchBytes = batches[0]?.byteLength ?? 0
  await expect(peer.subscribe({ stream: 'orders', creditBytes: 10_001 })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
  const { channel } = await peer.subscribe({ stream: 'orders', creditBytes: batchBytes })
  peer.send(encodeCreditFrame(channel, 0))
  peer.send(encodeCreditFrame(channel, batchBytes))
  await peer.settle()
  await peer.settle()
  expect(deliveredCount(peer, channel)).toBe(batchBytes)
  peer.send(encodeCreditFrame(channel, batchBytes + 10_000))
  await caughtUp(peer, channel)
  const sentBytes = deliveredCount(peer, channel)
  peer.send(encodeCreditFrame(channel, sentBytes + 10_001))
  expect((await peer.channelError(channel)).error.code).toBe('INVALID_REQUEST')
  peer.send(encodeCreditFrame(500, 1))
  expect((await peer.channelError(500)).error.code).toBe('UNKNOWN_CHANNEL')
  await peer.settle()
})

test('a subscription that fell behind is told when it has caught up again', async () => {
  await using tested = await serveMemory()
  const peer = await tested.connect()
  const { producer, batches } = await fill(peer, 1)
  const batchBytes = batches[0]?.byteLength ?? 0
  const { channel } = await peer.subscribe({ stream: 'orders', creditBytes: batchBytes })
  await caughtUp(peer, channel)
  // The credit is used up: this batch has to wait.
  peer.publish(producer.channel, 1, ...makeBatches(producer, 1, { sequence: 10 }))
  await peer.acknowledged(producer.channel, 1)
  peer.send(encodeCreditFrame(channel, 1_000_000))
  await peer.when(() => peer.ofType(FrameType.CAUGHT_UP).length === 2)
  expect(peer.frames.at(-1)?.type).toBe(FrameType.CAUGHT_UP)
})

test('a time to stop at becomes an offset when its first record is there', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  const { producer } = await fill(peer)
  const stop = { timestampUs: 2_000_000 }
  const reply = await peer.subscribe({ stream: 'orders', stop })
  expect(reply.stopOffset).toBeNull()
  await caughtUp(peer, reply.channel)
  peer.publish(producer.channel, 10, ...makeBatches(producer, 1, { sequence: 100 }))
  await peer.acknowledged(producer.channel, 10)
  log.setClock(2_000_000)
  peer.publish(producer.channel, 11, ...makeBatches(producer, 1, { sequence: 101 }))
  expect(await ended(peer, reply.channel)).toEqual({ reason: 'stop', offset: 101 })
  expect(deliveredRanges(peer, reply.channel).at(-1)).toEqual([100, 101])
})

test('a subscription that retention overtook is told of the gap and goes on behind it', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  const { batches } = await fill(peer)
  const batchBytes = batches[0]?.byteLength ?? 0
  const { channel } = await peer.subscribe({ stream: 'orders', creditBytes: 2 * batchBytes })
  await peer.when(() => deliveredCount(peer, channel) === 2 * batchBytes)
  log.trim(70)
  peer.send(encodeCreditFrame(channel, 1_000_000))
  const gap = await peer.when((frame) => frame.type === FrameType.GAP)
  expect(gap.channel).toBe(channel)
  expect(decodeGapNotice(gap.body)).toEqual({ from: 20, to: 70, reason: 'retention' })
  expect(await caughtUp(peer, channel)).toBe(100)
  expect(deliveredRanges(peer, channel)).toEqual([
    [0, 10],
    [10, 20],
    [70, 80],
    [80, 90],
    [90, 100],
  ])
})

test.each<[string, TailraceError, 'retention' | 'damage']>([
  [
    'a repair gave up',
    new RequestError('OFFSET_OUT_OF_RANGE', 'in a gap', {
      details: { from: 15, to: 40, startOffset: 40, reason: 'damage' },
    }),
    'damage',
  ],
  [
    'are damaged on disk',
    new StorageError('STREAM_CORRUPT', 'damaged', { details: { from: 20, to: 40 } }),
    'damage',
  ],
])('records that %s are announced as a gap', async (_, error, reason) => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  await fill(peer)
  log.faults.set(20, error)
  const { channel } = await peer.subscribe({ stream: 'orders' })
  expect(await caughtUp(peer, channel)).toBe(100)
  const [gap] = peer.ofType(FrameType.GAP, channel)
  expect(decodeGapNotice(gap?.body ?? new Uint8Array())).toEqual({ from: 20, to: 40, reason })
  expect(deliveredRanges(peer, channel).map(([from]) => from)).toEqual([
    0, 10, 40, 50, 60, 70, 80, 90,
  ])
})

test.each([{ stop: undefined }, { stop: { atEnd: true } as const }])(
  'a log that ends in damage is neither waited at nor at its end: %j',
  async ({ stop }) => {
    await using tested = await serveMemory()
    const log = await tested.store.ensure('orders')
    const peer = await tested.connect()
    await fill(peer)
    log.failure = new StorageError('STREAM_CORRUPT', 'damaged', {
      details: { from: 100, to: null },
    })
    log.faults.set(100, log.failure)
    const { channel } = await peer.subscribe({ stream: 'orders', stop })
    const { error } = await peer.channelError(channel)
    expect(error.code).toBe('STREAM_CORRUPT')
    expect(deliveredRanges(peer, channel).at(-1)).toEqual([90, 100])
    expect(peer.ofType(FrameType.GAP, channel)).toEqual([])
  },
)

test('a subscription that cannot be read any more fails, and only that', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  await fill(peer)
  log.faults.set(20, new StorageError('IO_ERROR', 'cannot read'))
  const { channel } = await peer.subscribe({ stream: 'orders' })
  const { error, ordinal } = await peer.channelError(channel)
  expect([error.code, ordinal]).toEqual(['IO_ERROR', 0])
  expect(deliveredRanges(peer, channel).at(-1)).toEqual([10, 20])
  const other = await peer.subscribe({ stream: 'orders', from: { offset: 30 } })
  expect(await caughtUp(peer, other.channel)).toBe(100)
})

test('a hundred subscriptions of one connection share a listener and are served in turn', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  const channels: number[] = []
  for (let count = 0; count < 100; count += 1) {
    channels.push((await peer.subscribe({ stream: 'orders' })).channel)
  }
  const other = await tested.connect()
  await other.subscribe({ stream: 'orders' })
  // One pair for all of them.
  expect(log.listenerCount).toBe(2)
  const { batches } = await fill(other, 5)
  const totalBytes = Buffer.concat(batches).byteLength
  await peer.when(() => channels.every((channel) => deliveredCount(peer, channel) === totalBytes))
  for (const channel of channels) await peer.request(FrameType.CLOSE_CHANNEL, {}, channel)
  other.socket.terminate()
  await tested.server.close({ graceMs: 0 })
  expect(log.listenerCount).toBe(0)
})

test('a subscription that is closed hears nothing more', async () => {
  await using tested = await serveMemory()
  const peer = await tested.connect()
  const { producer } = await fill(peer, 1)
  const { channel } = await peer.subscribe({ stream: 'orders' })
  await caughtUp(peer, channel)
  await peer.request(FrameType.CLOSE_CHANNEL, {}, channel)
  const before = peer.frames.length
  peer.publish(producer.channel, 1, ...makeBatches(producer, 1, { sequence: 10 }))
  await peer.acknowledged(producer.channel, 1)
  await peer.settle()
  expect(peer.frames.slice(before).map((frame) => frame.type)).toEqual([
    FrameType.ACK,
    FrameType.PONG,
  ])
  peer.send(encodeFrame(FrameType.CREDIT, { channel }, new Uint8Array(8)))
  await peer.settle()
})

test('a batch larger than a run is sent whole', async () => {
  await using tested = await serveMemory()
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders', create: true })
  const values = ['x'.repeat(700_000)]
  const large = makeBatch({ producer, sequence: 0, values })
  peer.publish(producer.channel, 0, large)
  await peer.acknowledged(producer.channel, 0)
  const { channel } = await peer.subscribe({ stream: 'orders', creditBytes: 1 })
  await caughtUp(peer, channel)
  expect(peer.ofType(FrameType.DELIVER)).toHaveLength(1)
  expect(deliveredCount(peer, channel)).toBe(large.byteLength)
})
