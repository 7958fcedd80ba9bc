/** What a client that does not read costs: little, and nobody else anything. */

import { decodeListReply, FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import type { Peer } from '../support/peer.js'
import { RecordingLogger } from '../support/recording-logger.js'
import { serveMemory } from '../support/serve.js'

const MIB = 1024 * 1024

/** More than the kernel buffers between two sockets of this machine. */
const STREAM_BYTES = 48 * MIB
const BATCH_BYTES = 64 * 1024

/** What the pump lets a socket queue, and the run that may come on top. */
const QUEUED_BYTES_MAX = MIB + 256 * 1024 + 1024

/** Stops or continues to read a peer's socket. */
function reads(peer: Peer): { pause(): void; resume(): void } {
  const { _socket: socket } = peer.socket as unknown as {
    _socket: { pause(): void; resume(): void }
  }
  return socket
}

function deliveredBytes(peer: Peer): number {
  return peer.ofType(FrameType.DELIVER).reduce((sum, { body }) => sum + body.byteLength, 0)
}

test('a slow subscriber costs a megabyte however far behind, and the fast one nothing', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders', { durability: 'relaxed' })
  const batchCount = STREAM_BYTES / BATCH_BYTES
  const producer = log.openProducer({})
  for (const batch of makeBatches(producer, batchCount, { valueBytes: BATCH_BYTES })) {
    log.appendBatch(batch)
  }
  const storedBytes = log.stored.byteLength
  const slow = await tested.connect()
  await slow.subscribe({ stream: 'orders', creditBytes: 64 * MIB })
  reads(slow).pause()
  const fast = await tested.connect()
  let queuedBytesSeen = 0
  fast.socket.on('message', () => {
    queuedBytesSeen = Math.max(queuedBytesSeen, tested.server.queuedBytes)
  })
  await fast.subscribe({ stream: 'orders', creditBytes: 64 * MIB })
  await fast.when((frame) => frame.type === FrameType.CAUGHT_UP)
  expect(deliveredBytes(fast)).toBe(storedBytes)
  expect(queuedBytesSeen).toBeGreaterThan(0)
  expect(queuedBytesSeen).toBeLessThanOrEqual(2 * QUEUED_BYTES_MAX)
  // The slow one alone, at rest.
  expect(tested.server.queuedBytes).toBeGreaterThan(MIB / 2)
  expect(tested.server.queuedBytes).toBeLessThanOrEqual(QUEUED_BYTES_MAX)
  expect(deliveredBytes(slow)).toBeLessThan(storedBytes)
  reads(slow).resume()
  await slow.when((frame) => frame.type === FrameType.CAUGHT_UP)
  expect(deliveredBytes(slow)).toBe(storedBytes)
})

test('a subscriber that says goodbye with a backlog before it gets what was queued, and no more', async () => {
  const logger = new RecordingLogger()
  await using tested = await serveMemory({ logger })
  const log = await tested.store.ensure('orders', { durability: 'relaxed' })
  const producer = log.openProducer({})
  const batches = makeBatches(producer, STREAM_BYTES / BATCH_BYTES, { valueBytes: BATCH_BYTES })
  for (const batch of batches) log.appendBatch(batch)
  const peer = await tested.connect()
  await peer.subscribe({ stream: 'orders', creditBytes: 64 * MIB })
  reads(peer).pause()
  peer.socket.close(1000)
  // The close frame has arrived when a later connection is served.
  await (await tested.connect()).settle()
  reads(peer).resume()
  expect((await peer.closed).code).toBe(1000)
  await logger.when('a connection ended')
  expect(deliveredBytes(peer)).toBeLessThan(STREAM_BYTES)
})

test('a client that asks and does not read is not read either, and gets every answer', async () => {
  const pendingRequestsMax = 4
  await using tested = await serveMemory({ limits: { pendingRequestsMax } })
  for (let count = 0; count < 1000; count += 1) await tested.store.ensure(`stream-${count}`)
  const peer = await tested.connect()
  const requestCount = 80
  reads(peer).pause()
  const ids = Array.from({ length: requestCount }, () => peer.post(FrameType.LIST, { limit: 1000 }))
  const bystander = await tested.connect()
  let queuedBytesSeen = 0
  for (let round = 0; round < 200; round += 1) {
    await bystander.settle()
    queuedBytesSeen = Math.max(queuedBytesSeen, tested.server.queuedBytes)
  }
  reads(peer).resume()
  const replies = await Promise.all(ids.map((id) => peer.replyTo(id, FrameType.LIST)))
  const repliesBytes = replies.reduce((sum, { body }) => sum + body.byteLength, 0)
  const replyBytes = repliesBytes / requestCount
  expect(replies.every(({ body }) => decodeListReply(body).streams.length === 1000)).toBe(true)
  expect(repliesBytes).toBeGreaterThan(20 * MIB)
  // Requests that were being worked on when the socket filled up are answered all the same.
  expect(queuedBytesSeen).toBeLessThanOrEqual(4 * MIB + (pendingRequestsMax + 1) * replyBytes)
})
