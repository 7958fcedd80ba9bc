/** How a server ends: what is taken is acknowledged, everybody is told, nothing is left behind. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { openStore } from '@tailrace/core'
import { decodeEndNotice, decodeGoAwayNotice, FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { startServer } from '../../src/index.js'
import { makeBatches } from '../support/batches.js'
import { ManualTimers } from '../support/manual-timers.js'
import { Peer } from '../support/peer.js'
import { serveMemory } from '../support/serve.js'

test('what was published is acknowledged, then subscriptions end, then the connection', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  log.syncsByItself = false
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders' })
  const { channel } = await peer.subscribe({ stream: 'orders' })
  peer.publish(producer.channel, 0, ...makeBatches(producer, 3))
  await peer.settle()
  const closing = tested.server.close({ graceMs: 60_000 })
  const goAway = await peer.when((frame) => frame.type === FrameType.GOAWAY)
  expect(decodeGoAwayNotice(goAway.body)).toMatchObject({ afterMs: 60_000 })
  // Nothing new begins.
  await expect(peer.request(FrameType.DESCRIBE, { stream: 'orders' })).rejects.toMatchObject({
    code: 'SHUTTING_DOWN',
    action: 'retry',
  })
  peer.publish(producer.channel, 3, ...makeBatches(producer, 1, { sequence: 3 }))
  await peer.settle()
  await expect(Peer.dial(tested.url)).rejects.toThrow()
  expect(peer.ofType(FrameType.ACK)).toEqual([])
  log.sync()
  expect(await peer.closed).toEqual({ code: 1001, reason: 'the server is closing' })
  expect(peer.acks(producer.channel)).toMatchObject([{ throughOrdinal: 2, baseOffset: 0 }])
  const end = peer.ofType(FrameType.END)[0]
  expect(end?.channel).toBe(channel)
  expect(decodeEndNotice(end?.body ?? new Uint8Array())).toMatchObject({ reason: 'closing' })
  expect(peer.ofType(FrameType.ERROR, producer.channel)).toEqual([])
  expect(log.endOffset).toBe(3)
  await closing
  expect(log.listenerCount).toBe(0)
})

test('what does not become durable in time is cut off, unacknowledged', async () => {
  const timers = new ManualTimers()
  await using tested = await serveMemory({ timers })
  const log = await tested.store.ensure('orders')
  log.syncsByItself = false
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders' })
  peer.publish(producer.channel, 0, ...makeBatches(producer, 1))
  await peer.settle()
  const closing = tested.server.close({ graceMs: 500 })
  await peer.when((frame) => frame.type === FrameType.GOAWAY)
  timers.advance(499)
  await peer.settle()
  timers.advance(1)
  expect((await peer.closed).code).toBe(1001)
  await closing
  expect(peer.ofType(FrameType.ACK)).toEqual([])
})

test('a client that does not answer the close is cut off', async () => {
  const timers = new ManualTimers()
  await using tested = await serveMemory({ timers })
  const peer = await tested.connect()
  peer.socket.pause()
  const closing = tested.server.close({ graceMs: 500 })
  // One turn for the close frame to be written, which the peer does not read.
  await new Promise(setImmediate)
  timers.advance(500)
  await closing
  expect(tested.server.connectionCount).toBe(0)
  peer.socket.resume()
  await peer.closed
})

test('closing again waits for the first', async () => {
  await using tested = await serveMemory()
  await tested.connect()
  const first = tested.server.close()
  expect(tested.server.close({ graceMs: 0 })).toBe(first)
  await first
  await tested.server.close()
})

test('a store that was passed in stays open, one that the server opened is closed', async () => {
  await using tested = await serveMemory()
  await tested.server.close()
  expect(tested.store.isClosed).toBe(false)
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-server-'))
  const server = await startServer({ store: directory, port: 0 })
  await expect(openStore(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  await server.close()
  await (await openStore(directory)).close()
  await rm(directory, { recursive: true })
})

test('a directory whose server could not listen is free again', async () => {
  await using tested = await serveMemory()
  const directory = await mkdtemp(path.join(tmpdir(), 'tailrace-server-'))
  const started = startServer({ store: directory, port: tested.server.port })
  await expect(started).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await (await openStore(directory)).close()
  await rm(directory, { recursive: true })
})
