/** Who is sent what, in which order, and when the pump stops. */

import { StorageError } from '@tailrace/format'
import { decodeFrame, FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { LogWatches } from '../../../src/storage/log-watch.js'
import type { StreamReader } from '../../../src/storage/storage-port.js'
import { DeliveryPump } from '../../../src/subscribe/delivery-pump.js'
import { StopCondition } from '../../../src/subscribe/stop-condition.js'
import { Subscription } from '../../../src/subscribe/subscription.js'
import { makeBatches } from '../../support/batches.js'
import { MemoryStore } from '../../support/memory-store.js'

const KIB = 1024
const MIB = 1024 * KIB

/** A socket that keeps what is sent until the test says it has gone. */
class FakeSocket {
  isOpen = true
  queuedBytes = 0
  readonly sent: (readonly [type: number, channel: number])[] = []

  send(frame: Uint8Array): void {
    const { type, channel } = decodeFrame(frame)
    this.sent.push([type, channel])
  }

  sendView(frame: { readonly type: number; readonly channel: number }, body: Uint8Array): void {
    this.sent.push([frame.type, frame.channel])
    this.queuedBytes += body.byteLength
  }
}

/** A log with so many batches, of about 100 KiB unless said otherwise, and a pump in front of a fake socket. */
async function setUp(batchCount: number, frameBytesMax = 16 * MIB, valueBytes = 100 * KIB) {
  const store = new MemoryStore()
  const log = await store.ensure('orders', { durability: 'relaxed' })
  const producer = log.openProducer({})
  const append = (count: number): void => {
    const sequence = log.endOffset
    for (const batch of makeBatches(producer, count, { sequence, valueBytes })) {
      log.appendBatch(batch)
    }
  }
  append(batchCount)
  const watches = new LogWatches(store)
  const socket = new FakeSocket()
  const failures: string[] = []
  let readyCount = 0
  const pump = new DeliveryPump(socket, frameBytesMax, {
    onReady: () => void (readyCount += 1),
    onEnded: () => undefined,
    onFailed: (_, error) => void failures.push(error.code),
  })
  const subscribe = (id: number, startOffset = 0, warm?: StreamReader['warm']): Subscription => {
    const reader = log.reader(startOffset)
    const subscription = new Subscription({
      id,
      startOffset,
      watch: watches.acquire(log),
      reader: warm === undefined ? reader : Object.assign(reader, { warm }),
      stop: new StopCondition(log, startOffset, undefined),
      creditBytes: 64 * MIB,
      onWake: (woken) => pump.enqueue(woken),
    })
    pump.enqueue(subscription)
    return subscription
  }
  return { socket, failures, pump, subscribe, append, readyCount: () => readyCount }
}

const { DELIVER, CAUGHT_UP } = FrameType

test('subscriptions take turns, a run each', async () => {
  // Of two batches each.
  const { socket, pump, subscribe } = await setUp(4, 16 * MIB, 25 * KIB)
  subscribe(1)
  subscribe(2)
  pump.run()
  expect(socket.sent).toEqual([
    [DELIVER, 1],
    [DELIVER, 2],
    [DELIVER, 1],
    [DELIVER, 2],
    [CAUGHT_UP, 1],
    [CAUGHT_UP, 2],
  ])
})

test('stops at a megabyte in the socket and goes on when half of it has gone', async () => {
  const { socket, pump, subscribe, readyCount } = await setUp(40)
  subscribe(1)
  const sentBytes = pump.run()
  expect(sentBytes).toBe(socket.queuedBytes)
  expect(sentBytes).toBeGreaterThanOrEqual(MIB)
  expect(sentBytes).toBeLessThan(MIB + 256 * KIB)
  expect(pump.run()).toBe(0)
  const before = readyCount()
  socket.queuedBytes = MIB / 2 + 1
  pump.flushed()
  expect(readyCount()).toBe(before)
  socket.queuedBytes = MIB / 2
  pump.flushed()
  expect(readyCount()).toBe(before + 1)
  expect(pump.run()).toBeGreaterThan(MIB / 2 - 256 * KIB)
})

test('who was left behind by a full socket is told when it has caught up', async () => {
  const { socket, pump, subscribe, append } = await setUp(20)
  subscribe(2, 20)
  pump.run()
  expect(socket.sent).toEqual([[CAUGHT_UP, 2]])
  subscribe(1)
  pump.run()
  // While the socket is full, something comes for the one at the tail.
  append(1)
  socket.sent.length = 0
  for (let round = 0; round < 5; round += 1) {
    socket.queuedBytes = 0
    pump.flushed()
    pump.run()
  }
  expect(socket.sent.filter(([, channel]) => channel === 2)).toEqual([
    [DELIVER, 2],
    [CAUGHT_UP, 2],
  ])
})

test('sends nothing once the connection is closing', async () => {
  const { socket, pump, subscribe } = await setUp(4)
  subscribe(1)
  socket.isOpen = false
  expect(pump.run()).toBe(0)
  expect(socket.sent).toEqual([])
})

test('forgets who was removed', async () => {
  const { socket, pump, subscribe } = await setUp(4)
  pump.remove(subscribe(1))
  expect(pump.run()).toBe(0)
  expect(socket.sent).toEqual([])
})

test('no frame is larger than the client was told', async () => {
  const small = await setUp(4, 150 * KIB)
  small.subscribe(1)
  small.pump.run()
  expect(small.socket.sent.filter(([type]) => type === DELIVER)).toHaveLength(4)
  const smaller = await setUp(4, 50 * KIB)
  smaller.subscribe(1)
  smaller.pump.run()
  expect(smaller.socket.sent).toEqual([])
  expect(smaller.failures).toEqual(['BATCH_TOO_LARGE'])
})

test('one that waits for the disk is passed over, and goes on when the disk has it', async () => {
  const { socket, pump, subscribe, readyCount } = await setUp(1)
  let hasIt: () => void = () => undefined
  let isCold = true
  const reading = new Promise<void>((resolve) => {
    hasIt = resolve
  })
  subscribe(1, 0, () => (isCold ? reading : undefined))
  subscribe(2)
  pump.run()
  expect(socket.sent).toEqual([
    [DELIVER, 2],
    [CAUGHT_UP, 2],
  ])
  // Asked again meanwhile, as after a grant, it still waits.
  pump.run()
  const before = readyCount()
  isCold = false
  hasIt()
  await new Promise((resolve) => setImmediate(resolve))
  expect(readyCount()).toBe(before + 1)
  pump.run()
  expect(socket.sent.slice(2)).toEqual([
    [DELIVER, 1],
    [CAUGHT_UP, 1],
  ])
})

test('what the disk cannot read ends the subscription with the error', async () => {
  const { socket, pump, subscribe, failures } = await setUp(1)
  const error = new StorageError('IO_ERROR', 'EIO', { details: {} })
  subscribe(1, 0, () => Promise.reject(error))
  pump.run()
  await new Promise((resolve) => setImmediate(resolve))
  pump.run()
  expect(failures).toEqual(['IO_ERROR'])
  expect(socket.sent).toEqual([])
})

test('one that is closed while it waits for the disk is not heard of again', async () => {
  const { socket, pump, subscribe, readyCount } = await setUp(1)
  const subscription = subscribe(1, 0, () => Promise.resolve())
  pump.run()
  const before = readyCount()
  subscription.close()
  pump.remove(subscription)
  await new Promise((resolve) => setImmediate(resolve))
  expect(readyCount()).toBe(before)
  pump.run()
  expect(socket.sent).toEqual([])
})
