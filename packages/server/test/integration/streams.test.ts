/** ENSURE, DESCRIBE, LIST, DELETE, on a store in memory and on core's. */

import {
  decodeDescribeReply,
  decodeEndNotice,
  decodeEnsureReply,
  decodeListReply,
  encodeFrame,
  FrameType,
} from '@tailrace/protocol'
import { describe, expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import { serveCore, serveMemory } from '../support/serve.js'

const BAD_NAMES: readonly [string, string][] = [
  ['a way out', '../x'],
  ['nothing', ''],
  ['300 characters', 'a'.repeat(300)],
  ['a dot in front', '.hidden'],
  ['a path', 'a/b'],
  ['a space', 'a b'],
  ['a line break', 'a\nb'],
  ['a zero', 'a\0b'],
  ['letters beyond ASCII', 'größe'],
]

describe.each([
  ['memory', serveMemory],
  ['core', serveCore],
])('%s', (_, serve) => {
  test('ENSURE makes a stream once', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const config = {
      durability: 'relaxed',
      flushIntervalMs: 250,
      segmentBytesMax: 1024 * 1024,
      retentionBytes: 5_000_000,
      retentionMs: 60_000,
      retentionRecords: 1000,
    } as const
    const first = decodeEnsureReply(
      (await peer.request(FrameType.ENSURE, { stream: 'orders', config })).body,
    )
    expect(first.created).toBe(true)
    expect(first.info).toMatchObject({
      stream: 'orders',
      durability: 'relaxed',
      startOffset: 0,
      endOffset: 0,
      durableOffset: 0,
      visibleOffset: 0,
      lastAppendUs: null,
      config,
    })
    const again = decodeEnsureReply(
      (await peer.request(FrameType.ENSURE, { stream: 'orders' })).body,
    )
    expect(again.created).toBe(false)
    expect(again.info.streamId).toBe(first.info.streamId)
  })

  test('of several that ask at once, one is told that it made the stream', async () => {
    await using tested = await serve()
    const peers = [await tested.connect(), await tested.connect(), await tested.connect()]
    const replies = await Promise.all(
      peers.map((peer) => peer.request(FrameType.ENSURE, { stream: 'orders' })),
    )
    const created = replies.map((reply) => decodeEnsureReply(reply.body).created)
    expect(created.filter(Boolean)).toHaveLength(1)
  })

  test('ENSURE with another configuration is refused', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    await peer.request(FrameType.ENSURE, { stream: 'orders', config: { durability: 'fsync' } })
    await expect(
      peer.request(FrameType.ENSURE, { stream: 'orders', config: { durability: 'relaxed' } }),
    ).rejects.toMatchObject({ code: 'STREAM_EXISTS' })
  })

  test('a configuration that cannot be is refused', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    await expect(
      peer.request(FrameType.ENSURE, { stream: 'orders', config: { flushIntervalMs: 0 } }),
    ).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect(tested.store.has('orders')).toBe(false)
  })

  test.each(BAD_NAMES)('a name with %s is refused by every command', async (__, stream) => {
    await using tested = await serve()
    const peer = await tested.connect()
    const requests = [
      peer.request(FrameType.ENSURE, { stream }),
      peer.request(FrameType.DESCRIBE, { stream }),
      peer.request(FrameType.DELETE, { stream }),
      peer.openProducer({ stream, create: true }),
      peer.subscribe({ stream }),
    ]
    for (const request of requests) {
      await expect(request).rejects.toMatchObject({ code: 'INVALID_STREAM_NAME' })
    }
    await peer.settle()
    expect(tested.store.list()).toEqual([])
  })

  test('an unknown stream is told to every command', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const stream = 'nowhere'
    const requests = [
      peer.request(FrameType.DESCRIBE, { stream }),
      peer.request(FrameType.DELETE, { stream }),
      peer.openProducer({ stream }),
      peer.subscribe({ stream }),
    ]
    for (const request of requests) {
      await expect(request).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    }
    await peer.settle()
  })

  test('DESCRIBE says where the stream is now', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const producer = await peer.openProducer({ stream: 'orders', create: true })
    peer.publish(producer.channel, 0, ...makeBatches(producer, 2, { recordCount: 5 }))
    await peer.acknowledged(producer.channel, 1)
    const reply = await peer.request(FrameType.DESCRIBE, { stream: 'orders' })
    expect(decodeDescribeReply(reply.body)).toMatchObject({
      stream: 'orders',
      startOffset: 0,
      endOffset: 10,
      durableOffset: 10,
      visibleOffset: 10,
      lastAppendUs: expect.any(Number) as number,
    })
  })

  test('LIST goes through the names a page at a time', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const names = ['b', 'a', 'd', 'c', 'B']
    for (const stream of names) await peer.request(FrameType.ENSURE, { stream })
    const seen: string[] = []
    let more = true
    while (more) {
      const after = seen.at(-1)
      const request = { limit: 2, ...(after !== undefined && { after }) }
      const page = decodeListReply((await peer.request(FrameType.LIST, request)).body)
      seen.push(...page.streams.map((info) => info.stream))
      more = page.more
    }
    expect(seen).toEqual(['B', 'a', 'b', 'c', 'd'])
    const behind = await peer.request(FrameType.LIST, { after: 'd' })
    expect(decodeListReply(behind.body)).toEqual({ streams: [], more: false })
  })

  test('DELETE ends subscriptions and producers, and the name is free again', async () => {
    await using tested = await serve()
    const peer = await tested.connect()
    const producer = await peer.openProducer({ stream: 'orders', create: true })
    peer.publish(producer.channel, 0, ...makeBatches(producer, 1))
    await peer.acknowledged(producer.channel, 0)
    const { channel } = await peer.subscribe({ stream: 'orders' })
    await peer.when((frame) => frame.type === FrameType.CAUGHT_UP)
    await peer.request(FrameType.DELETE, { stream: 'orders' })
    const end = await peer.when((frame) => frame.type === FrameType.END)
    expect(end.channel).toBe(channel)
    expect(decodeEndNotice(end.body)).toEqual({ reason: 'deleted', offset: 1 })
    peer.publish(producer.channel, 1, ...makeBatches(producer, 1, { sequence: 1 }))
    const { error, ordinal } = await peer.channelError(producer.channel)
    expect(error.code).toBe('STREAM_CLOSED')
    expect(ordinal).toBe(1)
    const anew = decodeEnsureReply(
      (await peer.request(FrameType.ENSURE, { stream: 'orders' })).body,
    )
    expect(anew.created).toBe(true)
    expect(anew.info.endOffset).toBe(0)
  })
})

test('an unknown command is answered with its request id, and the connection stays', async () => {
  await using tested = await serveMemory()
  const peer = await tested.connect()
  for (const type of [0x7f, FrameType.DELIVER, FrameType.WELCOME]) {
    peer.send(encodeFrame(type as typeof FrameType.PING, { argument: 0xfeed_0000 + type }))
    const answer = await peer.when((frame) => frame.argument === 0xfeed_0000 + type)
    expect(answer.type).toBe(FrameType.ERROR)
    expect(answer.flags).toBe(1)
  }
  await peer.settle()
})
