/** A subscription in a world without sockets: iterating, credit, gaps, coming back, ends. */

import { BatchBuilder, LimitError, RequestError } from '@tailrace/format'
import {
  decodeCreditBody,
  decodeSubscribeRequest,
  encodeFrame,
  FrameType,
  LIMITS,
} from '@tailrace/protocol'
import { beforeEach, describe, expect, test } from 'vitest'

import type { Client } from '../../../src/client.js'
import { text } from '../../../src/codecs/text-codecs.js'
import type { SubscribeOptions } from '../../../src/subscription/subscribe-options.js'
import type { Subscription } from '../../../src/subscription/subscription.js'
import { filledLog, producedBatch } from '../../support/batches.js'
import { caught } from '../../support/caught.js'
import type { FakeLog } from '../../support/fake-log.js'
import { controlFrame } from '../../support/fake-server.js'
import { FakeWorld, REFUSE } from '../../support/fake-world.js'

let world: FakeWorld
let client: Client
let log: FakeLog

beforeEach(async () => {
  world = new FakeWorld()
  client = await world.connect({ reconnect: { baseMs: 10, maxMs: 10 } })
  log = world.server.log('orders')
})

function subscribe(options: SubscribeOptions = {}): Subscription<string> {
  return client.stream('orders', { codec: text }).subscribe({ from: 'first', ...options })
}

async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await world.settle()
  return promise
}

/** Collects offsets in the background; what ends the loop is added as `done` or an error's code. */
function collect(subscription: Subscription<string>): unknown[] {
  const seen: unknown[] = []
  const loop = async (): Promise<void> => {
    try {
      for await (const { offset, value } of subscription) {
        expect(value).toBe(String(offset))
        seen.push(offset)
      }
      seen.push('done')
    } catch (error) {
      seen.push((error as { code?: unknown }).code ?? error)
    }
  }
  void loop()
  return seen
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

function append(batchSizes: readonly number[]): void {
  filledLog(log, batchSizes)
  world.server.deliver()
}

function subscribeRequests(): ReturnType<typeof decodeSubscribeRequest>[] {
  return world.server
    .receivedOf(FrameType.SUBSCRIBE)
    .map(({ body }) => decodeSubscribeRequest(body))
}

describe('iterating', () => {
  test('gives every record, then waits for more', async () => {
    filledLog(log, [3, 4, 5, 1, 1])
    const subscription = subscribe()
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(numbers(0, 14))
    append([2])
    await world.settle()
    expect(seen).toEqual(numbers(0, 16))
    expect(subscription).toMatchObject({ nextOffset: 16, lag: 0, epoch: 1 })
  })

  test('gives each record with all it has', async () => {
    log.store(producedBatch(['a']))
    const iterator = subscribe()[Symbol.asyncIterator]()
    expect(await settled(iterator.next())).toEqual({
      done: false,
      value: {
        offset: 0,
        value: 'a',
        key: undefined,
        headers: undefined,
        timeUs: 1,
        appendTimeUs: 1_001_000,
      },
    })
  })

  test('gives batches with their place, cut to start and stop', async () => {
    filledLog(log, [5, 5, 5])
    const seen: unknown[] = []
    const loop = async (): Promise<void> => {
      for await (const batch of subscribe({ from: 3, to: 12 }).batches()) {
        const { baseOffset, firstIndex, endIndex, recordCount, nextOffset } = batch
        const values: string[] = []
        for (let i = firstIndex; i < endIndex; i += 1) values.push(batch.value(i))
        expect([...batch].map(({ value }) => value)).toEqual(values)
        seen.push({ baseOffset, recordCount, nextOffset, first: values[0], last: values.at(-1) })
        expect(() => batch.value(endIndex)).toThrow(RangeError)
      }
    }
    await settled(loop())
    expect(seen).toEqual([
      { baseOffset: 0, recordCount: 2, nextOffset: 5, first: '3', last: '4' },
      { baseOffset: 5, recordCount: 5, nextOffset: 10, first: '5', last: '9' },
      { baseOffset: 10, recordCount: 2, nextOffset: 12, first: '10', last: '11' },
    ])
  })

  test('by batches goes on where iterating by records stopped', async () => {
    filledLog(log, [5])
    const subscription = subscribe()
    const records = subscription[Symbol.asyncIterator]()
    await settled(records.next())
    await settled(records.next())
    const batch = await settled(subscription.batches().next())
    expect(batch.value).toMatchObject({ firstIndex: 2, endIndex: 5 })
    expect(subscription.nextOffset).toBe(5)
  })

  test('is for one consumer', async () => {
    const iterator = subscribe()[Symbol.asyncIterator]()
    const waiting = iterator.next()
    expect(await caught(iterator.next())).toBeInstanceOf(TypeError)
    append([1])
    expect(await settled(waiting)).toMatchObject({ value: { offset: 0 } })
  })

  test('passes over a record that cannot be decoded, after having said so', async () => {
    filledLog(log, [2])
    log.store(invalidText())
    filledLog(log, [2])
    const subscription = subscribe()
    expect(await settled(collectUntilError(subscription))).toEqual([0, 1])
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual([3, 4])
  })
})

/** A produced batch of one value that is not UTF-8. */
function invalidText(): Uint8Array {
  const builder = new BatchBuilder()
  builder.append(new Uint8Array([0xff]))
  return builder.build({ createTimeUs: 1 })
}

async function collectUntilError(subscription: Subscription<string>): Promise<unknown[]> {
  const seen: unknown[] = []
  const error: unknown = await caught(
    (async () => {
      for await (const { offset } of subscription) seen.push(offset)
    })(),
  )
  expect(error).toMatchObject({
    code: 'INVALID_FIELD',
    message: 'record at offset 2 cannot be decoded as text (stream "orders")',
    details: { stream: 'orders', offset: 2 },
  })
  return seen
}

describe('the start and the end', () => {
  test.each<[string, SubscribeOptions, number[]]>([
    ['everything', { from: 'first', to: 'end' }, numbers(0, 12)],
    ['an offset', { from: 7, to: 'end' }, numbers(7, 12)],
    ['the last few', { from: { last: 3 }, to: 'end' }, numbers(9, 12)],
    ['a time', { from: { timestamp: 1_002_000 }, to: 'end' }, numbers(4, 12)],
    ['a date', { from: { timestamp: new Date(1002) }, to: 'end' }, numbers(4, 12)],
    ['up to an offset', { from: 2, to: 5 }, numbers(2, 5)],
    ['up to a time', { from: 2, to: { timestamp: 1_003_000 } }, numbers(2, 8)],
    ['so many', { from: 3, to: { count: 6 } }, numbers(3, 9)],
    ['none', { from: 3, to: { count: 0 } }, []],
    ['nothing, where there is nothing', { from: 'next', to: 'end' }, []],
  ])('may be %s', async (_what, options, expected) => {
    filledLog(log, [4, 4, 4])
    const seen = collect(subscribe(options))
    await world.settle()
    expect(seen).toEqual([...expected, 'done'])
  })

  test('is what is published from now on, by default', async () => {
    filledLog(log, [4])
    const seen = collect(client.stream('orders', { codec: text }).subscribe())
    await world.settle()
    append([2])
    await world.settle()
    expect(seen).toEqual([4, 5])
  })

  test('lie in the future', async () => {
    const seen = collect(subscribe({ to: 3 }))
    await world.settle()
    append([2])
    append([2])
    await world.settle()
    expect(seen).toEqual([0, 1, 2, 'done'])
  })

  test('are told once the server has resolved them', async () => {
    filledLog(log, [4, 4])
    const subscription = subscribe({ from: { last: 3 }, to: 'end' })
    const start = await settled(subscription.opened())
    expect(start).toEqual({ startOffset: 5, stopOffset: 8, epoch: 1 })
    expect(await subscription.opened()).toBe(start)
    expect(subscription).toMatchObject({ nextOffset: 5, lag: 3 })
  })

  test.each<[string, SubscribeOptions]>([
    ['a negative offset', { from: -1 }],
    ['half an offset', { from: 1.5 }],
    ['a window of nothing', { windowBytes: 0 }],
    ['a negative count', { to: { count: -1 } }],
  ])('cannot be %s', (_what, options) => {
    expect(() => subscribe(options)).toThrow(RangeError)
  })

  test('cannot be a time that is none', () => {
    expect(() => subscribe({ from: { timestamp: 'yesterday-ish' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    )
  })
})

describe('credit', () => {
  test('is the window, and comes back as records are taken', async () => {
    filledLog(log, new Array<number>(100).fill(1))
    const batchBytes = log.batches[0]?.bytes.byteLength ?? 0
    const windowBytes = batchBytes * 10
    const subscription = subscribe({ windowBytes })
    const iterator = subscription[Symbol.asyncIterator]()
    await world.settle()
    expect(subscribeRequests()[0]?.creditBytes).toBe(windowBytes)
    expect(subscription.heldBytes).toBe(windowBytes)
    for (let offset = 0; offset < 100; offset += 1) {
      expect(await settled(iterator.next())).toMatchObject({ value: { offset } })
      expect(subscription.heldBytes).toBeLessThanOrEqual(windowBytes)
    }
    const limits = world.server
      .receivedOf(FrameType.CREDIT)
      .map(({ body }) => decodeCreditBody(body))
    expect(limits.length).toBeGreaterThan(10)
    expect(limits.length).toBeLessThan(25)
    expect([...limits].sort((a, b) => a - b)).toEqual(limits)
  })

  test('stops the flow to a consumer that pauses', async () => {
    filledLog(log, new Array<number>(1000).fill(10))
    const subscription = subscribe({ windowBytes: 5000 })
    await world.settle()
    const [channel] = world.server.connection.subscriptions.values()
    const sentBytes = channel?.sentBytes ?? 0
    expect(sentBytes).toBeGreaterThan(4500)
    expect(sentBytes).toBeLessThan(5000 + (log.batches[0]?.bytes.byteLength ?? 0))
    for (let i = 0; i < 20; i += 1) await world.advance(1000)
    expect(channel?.sentBytes).toBe(sentBytes)
    expect(subscription.heldBytes).toBe(sentBytes)
  })

  test('lets a batch through that is larger than the window', async () => {
    filledLog(log, [1000, 1000, 1000])
    const seen = collect(subscribe({ windowBytes: 10, to: 'end' }))
    await world.settle()
    expect(seen).toEqual([...numbers(0, 3000), 'done'])
  })

  test('is not more than the server allows', async () => {
    world.server.limits = { ...LIMITS, windowBytesMax: 1234 }
    client = await world.connect()
    subscribe({ windowBytes: 1_000_000 })
    await world.settle()
    expect(subscribeRequests()[0]?.creditBytes).toBe(1234)
  })
})

describe('caughtUp', () => {
  test('resolves when everything that was visible has been handed out', async () => {
    filledLog(log, [3, 3])
    const subscription = subscribe()
    const events: unknown[] = []
    void subscription.caughtUp().then(() => events.push('caught up'))
    await world.settle()
    const iterator = subscription[Symbol.asyncIterator]()
    for (let i = 0; i < 6; i += 1) {
      expect(events).toEqual([])
      await settled(iterator.next())
    }
    expect(events).toEqual(['caught up'])
    await subscription.caughtUp()
  })

  test('resolves at once on an empty stream', async () => {
    await settled(subscribe().caughtUp())
  })

  test('resolves at the end of a bounded subscription', async () => {
    filledLog(log, [3])
    const subscription = subscribe({ to: 2 })
    const caughtUp = subscription.caughtUp()
    collect(subscription)
    await settled(caughtUp)
    await subscription.caughtUp()
  })

  test('rejects when the subscription ends before', async () => {
    filledLog(log, [3])
    const subscription = subscribe()
    const waiting = caught(subscription.caughtUp())
    await world.settle()
    await settled(subscription.close())
    expect(await waiting).toMatchObject({ code: 'SUBSCRIPTION_CLOSED' })
    expect(await caught(subscription.caughtUp())).toMatchObject({ code: 'SUBSCRIPTION_CLOSED' })
  })
})

describe('a lost connection', () => {
  test('is made up for: the next offset, in the known epoch, towards the same stop', async () => {
    filledLog(log, [4, 4])
    const seen = collect(subscribe({ from: 1, to: { count: 10 } }))
    await world.settle()
    world.server.dropConnections()
    filledLog(log, [4])
    await world.advance(20)
    expect(seen).toEqual([...numbers(1, 11), 'done'])
    expect(subscribeRequests()[1]).toMatchObject({
      from: { offset: 8 },
      epoch: 1,
      stop: { offset: 11 },
      onOutOfRange: 'strict',
    })
  })

  test('does not lose what was received and not taken', async () => {
    filledLog(log, [4, 4])
    const subscription = subscribe()
    await world.settle()
    world.mode = REFUSE
    world.server.dropConnections()
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(numbers(0, 8))
    world.mode = { kind: 'accept' }
    append([2])
    await world.advance(20)
    expect(seen).toEqual(numbers(0, 10))
    expect(subscribeRequests()[1]?.from).toEqual({ offset: 8 })
  })

  test('leaves the new channel only the credit that is left', async () => {
    filledLog(log, new Array<number>(20).fill(1))
    const windowBytes = (log.batches[0]?.bytes.byteLength ?? 0) * 6
    const subscription = subscribe({ windowBytes })
    await world.settle()
    expect(subscription.heldBytes).toBe(windowBytes)
    world.server.dropConnections()
    await world.advance(20)
    expect(subscribeRequests()[1]?.creditBytes).toBe(0)
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(numbers(0, 20))
  })

  test('before the answer asks for the same again', async () => {
    filledLog(log, [4])
    world.server.intercept = ({ type }) => type === FrameType.SUBSCRIBE
    const seen = collect(subscribe({ from: { last: 2 }, to: 'end' }))
    await world.settle()
    world.server.intercept = undefined
    world.server.dropConnections()
    await world.advance(20)
    expect(seen).toEqual([2, 3, 'done'])
  })

  test('with everything up to the stop received needs no further channel', async () => {
    filledLog(log, [4])
    world.server.intercept = undefined
    const subscription = subscribe({ to: 4 })
    world.server.connection.send = dropEnds(
      world.server.connection.send.bind(world.server.connection),
    )
    await world.settle()
    world.server.dropConnections()
    log.trim(4)
    const seen = collect(subscription)
    await world.advance(20)
    expect(seen).toEqual([0, 1, 2, 3, 'done'])
    expect(subscribeRequests()).toHaveLength(1)
  })

  test('to a stream of another epoch throws EPOCH_MISMATCH, after what came before', async () => {
    filledLog(log, [4])
    const subscription = subscribe()
    await world.settle()
    log.epoch = 2
    world.server.dropConnections()
    await world.advance(20)
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual([0, 1, 2, 3, 'EPOCH_MISMATCH'])
  })

  test('to a stream that is gone throws STREAM_NOT_FOUND', async () => {
    filledLog(log, [1])
    const seen = collect(subscribe())
    await world.settle()
    world.server.logs.clear()
    world.server.dropConnections()
    await world.advance(20)
    expect(seen).toEqual([0, 'STREAM_NOT_FOUND'])
  })

  test('overtaken by retention throws OFFSET_OUT_OF_RANGE', async () => {
    filledLog(log, [2])
    const seen = collect(subscribe())
    await world.settle()
    filledLog(log, [2, 2])
    log.trim(4)
    world.server.dropConnections()
    await world.advance(20)
    expect(seen).toEqual([0, 1, 'OFFSET_OUT_OF_RANGE'])
  })

  test('overtaken by retention tells of the gap if somebody listens', async () => {
    filledLog(log, [2])
    const gaps: unknown[] = []
    const seen = collect(subscribe({ onGap: (gap) => gaps.push(gap) }))
    await world.settle()
    filledLog(log, [2, 2])
    log.trim(4)
    world.server.dropConnections()
    await world.advance(20)
    expect(seen).toEqual([0, 1, 4, 5])
    expect(gaps).toEqual([{ from: 2, to: 4, reason: 'retention' }])
  })

  test('that stays lost throws what closed the client', async () => {
    client = await world.connect({ reconnect: false })
    filledLog(log, [1])
    const seen = collect(subscribe())
    await world.settle()
    world.server.dropConnections()
    await world.settle()
    expect(seen).toEqual([0, 'CONNECTION_LOST'])
  })
})

/** Passes frames on, but for the END of a subscription. */
function dropEnds(send: (frame: Uint8Array) => void): (frame: Uint8Array) => void {
  return (frame) => {
    if (frame[0] !== FrameType.END) send(frame)
  }
}

describe('a gap', () => {
  test('throws OFFSET_OUT_OF_RANGE with the bounds', async () => {
    filledLog(log, [2, 2, 2])
    const subscription = subscribe({ windowBytes: 10 })
    await world.settle()
    log.trim(4)
    const iterator = subscription[Symbol.asyncIterator]()
    await settled(iterator.next())
    await settled(iterator.next())
    expect(await caught(settled(iterator.next()))).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      details: { stream: 'orders', offset: 2, startOffset: 4, reason: 'retention' },
    })
    expect(await caught(iterator.next())).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
  })

  test('is told before the record behind it', async () => {
    filledLog(log, [2, 2, 2])
    const seen: unknown[] = []
    const subscription = subscribe({ windowBytes: 10, to: 'end', onGap: (gap) => seen.push(gap) })
    await world.settle()
    log.trim(4)
    const loop = async (): Promise<void> => {
      for await (const { offset } of subscription) seen.push(offset)
    }
    await settled(loop())
    expect(seen).toEqual([0, 1, { from: 2, to: 4, reason: 'retention' }, 4, 5])
  })

  test('is passed over in silence only if asked to clamp', async () => {
    filledLog(log, [2, 2, 2])
    const subscription = subscribe({ windowBytes: 10, to: 'end', onOutOfRange: 'clamp' })
    await world.settle()
    log.trim(4)
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual([0, 1, 4, 5, 'done'])
  })

  test('before the start is one too', async () => {
    filledLog(log, [2, 2, 2])
    log.trim(4)
    const gaps: unknown[] = []
    const onGap = (gap: unknown): void => void gaps.push(gap)
    const seen = collect(subscribe({ from: 1, to: 'end', onOutOfRange: 'clamp', onGap }))
    await world.settle()
    expect(seen).toEqual([4, 5, 'done'])
    expect(gaps).toEqual([{ from: 1, to: 4, reason: 'retention' }])
  })
})

describe('errors', () => {
  test('of the request are thrown by the iterator and by opened', async () => {
    filledLog(log, [2])
    const subscription = subscribe({ from: 99 })
    const opened = caught(subscription.opened())
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(['OFFSET_OUT_OF_RANGE'])
    expect(await opened).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      details: { offset: 99, startOffset: 0, endOffset: 2 },
    })
  })

  test('are kept for who asks later', async () => {
    const subscription = client.stream('nowhere', { codec: text }).subscribe()
    await world.settle()
    expect(await caught(subscription.opened())).toMatchObject({ code: 'STREAM_NOT_FOUND' })
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(['STREAM_NOT_FOUND'])
  })

  test('of the channel are thrown after what came before them', async () => {
    filledLog(log, [2])
    const subscription = subscribe()
    await world.settle()
    world.server.connection.failChannel(1, new RequestError('INVALID_REQUEST', 'no more'))
    await world.settle()
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual([0, 1, 'INVALID_REQUEST'])
  })

  test('that may pass are waited out', async () => {
    filledLog(log, [2])
    const seen = collect(subscribe())
    await world.settle()
    world.server.connection.failChannel(1, new LimitError('SHUTTING_DOWN', 'soon'))
    filledLog(log, [2])
    await world.advance(20)
    expect(seen).toEqual([0, 1, 2, 3])
  })

  test('of a connection with too many channels are thrown to who had none', async () => {
    world.server.intercept = ({ type, argument }, connection) => {
      if (type !== FrameType.SUBSCRIBE) return false
      connection.failRequest(argument, new LimitError('TOO_MANY_SUBSCRIPTIONS', 'too many'))
      return true
    }
    const seen = collect(subscribe())
    await world.settle()
    expect(seen).toEqual(['TOO_MANY_SUBSCRIPTIONS'])
  })

  test('of the bytes end the subscription, on the server too', async () => {
    filledLog(log, [2, 2])
    const second = log.batches[1]?.bytes
    if (second !== undefined) second[80] = (second[80] ?? 0) ^ 1
    const seen = collect(subscribe())
    await world.settle()
    expect(seen).toEqual([0, 1, 'CHECKSUM_MISMATCH'])
    expect(world.server.connection.subscriptions.size).toBe(0)
    expect(client.state).toBe('open')
  })

  test('of the order end the subscription', async () => {
    filledLog(log, [2, 2, 2])
    log.batches.splice(1, 1)
    const seen = collect(subscribe())
    await world.settle()
    expect(seen).toEqual([0, 1, 'MALFORMED_FRAME'])
  })

  test('in a header that was damaged on the way are made good by the next connection', async () => {
    filledLog(log, [2, 2])
    const subscription = subscribe()
    await world.settle()
    const damaged = (log.batches[1]?.bytes ?? new Uint8Array(0)).slice()
    damaged[9] = 0xff
    world.transport.deliver(encodeFrame(FrameType.DELIVER, { channel: 1 }, damaged))
    world.server.dropConnections()
    filledLog(log, [2])
    await world.advance(20)
    const seen = collect(subscription)
    await world.settle()
    expect(seen).toEqual(numbers(0, 6))
  })
})

describe('END', () => {
  test('because the stream was deleted is an error', async () => {
    filledLog(log, [2])
    const seen = collect(subscribe())
    await world.settle()
    const end = { reason: 'deleted', offset: 2 } as const
    world.server.connection.send(controlFrame(FrameType.END, { channel: 1 }, end))
    await world.settle()
    expect(seen).toEqual([0, 1, 'STREAM_NOT_FOUND'])
  })

  test('because the server closes is not the end', async () => {
    filledLog(log, [2])
    const seen = collect(subscribe())
    await world.settle()
    const end = { reason: 'closing', offset: 2 } as const
    world.server.connection.send(controlFrame(FrameType.END, { channel: 1 }, end))
    world.server.connection.close()
    filledLog(log, [1])
    await world.advance(20)
    await world.advance(20)
    expect(seen).toEqual([0, 1, 2])
  })
})

describe('leaving', () => {
  test('by break closes the channel', async () => {
    filledLog(log, [4])
    const subscription = subscribe()
    const loop = async (): Promise<number> => {
      for await (const { offset } of subscription) if (offset === 2) return offset
      return -1
    }
    expect(await settled(loop())).toBe(2)
    await world.settle()
    expect(world.server.connection.subscriptions.size).toBe(0)
    expect(await subscription[Symbol.asyncIterator]().next()).toEqual({ done: true })
    expect(subscription.nextOffset).toBe(3)
  })

  test('by close ends the loop, is done once, and frees what was received', async () => {
    filledLog(log, [4])
    const subscription = subscribe()
    const seen = collect(subscription)
    await world.settle()
    await settled(subscription.close())
    await subscription.close()
    append([1])
    await world.settle()
    expect(seen).toEqual([0, 1, 2, 3, 'done'])
    expect(world.server.receivedOf(FrameType.CLOSE_CHANNEL)).toHaveLength(1)
    expect(world.server.connection.subscriptions.size).toBe(0)
  })

  test('before the server has answered closes the channel when it does', async () => {
    await settled(subscribe().close())
    await world.settle()
    expect(world.server.connection.subscriptions.size).toBe(0)
  })

  test('by await using', async () => {
    {
      await using subscription = subscribe()
      const disposing = subscription[Symbol.asyncDispose]()
      await settled(disposing)
    }
    await world.settle()
    expect(world.server.connection.subscriptions.size).toBe(0)
  })

  test('by the signal throws its reason', async () => {
    filledLog(log, [1])
    const controller = new AbortController()
    const seen = collect(subscribe({ signal: controller.signal }))
    await world.settle()
    controller.abort()
    await world.settle()
    expect(seen).toMatchObject([0, 20])
    expect(world.server.connection.subscriptions.size).toBe(0)
  })

  test('before it began, by a signal that was already given', async () => {
    const subscription = subscribe({ signal: AbortSignal.abort(new Error('no')) })
    expect(await caught(subscription[Symbol.asyncIterator]().next())).toMatchObject({
      message: 'no',
    })
    expect(await caught(subscription.opened())).toMatchObject({ message: 'no' })
    await world.settle()
    expect(subscribeRequests()).toHaveLength(0)
  })

  test('by closing the client throws CLIENT_CLOSED', async () => {
    filledLog(log, [1])
    const seen = collect(subscribe())
    await world.settle()
    await settled(client.close())
    await world.settle()
    expect(seen).toEqual([0, 'CLIENT_CLOSED'])
  })
})
