/** Heartbeats: who is asked, who is given up. Time is the test's. */

import { encodePongFrame, FrameType } from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import { ManualTimers } from '../support/manual-timers.js'
import { RecordingLogger } from '../support/recording-logger.js'
import { serveMemory } from '../support/serve.js'

const HEARTBEAT_MS = 1000

async function setUp() {
  const timers = new ManualTimers()
  const logger = new RecordingLogger()
  const tested = await serveMemory({ timers, logger, limits: { heartbeatMs: HEARTBEAT_MS } })
  const peer = await tested.connect()
  // The first look finds that HELLO has come.
  timers.advance(HEARTBEAT_MS / 2)
  return { timers, tested, peer, logger }
}

test('a silent peer is asked after one heartbeat and given up after two', async () => {
  const { timers, tested, peer, logger } = await setUp()
  await using _ = tested
  timers.advance(HEARTBEAT_MS)
  await peer.when((frame) => frame.type === FrameType.PING)
  timers.advance(HEARTBEAT_MS)
  expect((await peer.connectionError()).code).toBe('PEER_SILENT')
  expect((await peer.closed).code).toBe(1001)
  await logger.when('a connection ended')
  expect(tested.server.connectionCount).toBe(0)
})

test('a peer that answers stays', async () => {
  const { timers, tested, peer } = await setUp()
  await using _ = tested
  for (let round = 0; round < 5; round += 1) {
    timers.advance(HEARTBEAT_MS)
    const ping = await peer.next(FrameType.PING)
    peer.send(encodePongFrame(ping.argument))
    await peer.settle()
    timers.advance(HEARTBEAT_MS / 2)
  }
  expect(peer.ofType(FrameType.ERROR)).toEqual([])
})

test('a peer that is not read, because the log has no room, is not given up', async () => {
  const { timers, tested, peer } = await setUp()
  await using _ = tested
  const log = await tested.store.ensure('orders')
  const producer = await peer.openProducer({ stream: 'orders' })
  log.hasRoom = false
  peer.publish(producer.channel, 0, ...makeBatches(producer, 1))
  // Another peer's round trip: by then the server has met the batch that it has no room for.
  await (await tested.connect()).settle()
  for (let round = 0; round < 10; round += 1) timers.advance(HEARTBEAT_MS / 2)
  // It is not answered, but hears that the server is there.
  await peer.when(() => peer.ofType(FrameType.PING).length === 5)
  log.giveRoom()
  await peer.acknowledged(producer.channel, 0)
})
