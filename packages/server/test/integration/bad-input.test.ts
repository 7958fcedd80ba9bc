/**
 * Frames that no client would send. Each gets a typed error, ends its connection or does not as the
 * protocol says, and harms nobody else: a connection that was there before and a new one go on.
 */

import {
  encodeControlFrame,
  encodeFrame,
  FRAME_PREFIX_BYTES,
  FrameType,
  type FrameTypeNumber,
} from '@tailrace/protocol'
import { connect as connectTcp } from 'node:net'
import { expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import { Peer } from '../support/peer.js'
import { serveMemory } from '../support/serve.js'

interface BadMessage {
  readonly bytes: Uint8Array | string
  readonly code?: string
  readonly closeCode?: number
}

/** A frame whose body is not what its command has. */
function frame(type: FrameTypeNumber, body: readonly number[], channel = 0): Uint8Array {
  return encodeFrame(type, { channel, argument: 9 }, Uint8Array.from(body))
}

/** A control frame whose map has other fields than the command's. */
function control(type: typeof FrameType.SUBSCRIBE, message: object): Uint8Array {
  return encodeControlFrame(type, { argument: 9 }, message as never)
}

const SUBSCRIBE = { stream: 'orders', from: { first: true }, creditBytes: 1 }

const MALFORMED: readonly (readonly [string, BadMessage])[] = [
  ['nothing', { bytes: new Uint8Array(0) }],
  ['less than a prefix', { bytes: new Uint8Array(FRAME_PREFIX_BYTES - 1) }],
  ['text', { bytes: 'SUBSCRIBE orders' }],
  ['a request without a body', { bytes: frame(FrameType.ENSURE, []) }],
  ['a body that is not MessagePack', { bytes: frame(FrameType.ENSURE, [0xc1]) }],
  ['a body that is cut off', { bytes: frame(FrameType.ENSURE, [0x81, 0xa6, 0x73]) }],
  ['a body that is no map', { bytes: frame(FrameType.LIST, [0x93, 1, 2, 3]) }],
  ['bytes behind the body', { bytes: frame(FrameType.LIST, [0x80, 0x00]) }],
  [
    'a map that claims more than there is',
    { bytes: frame(FrameType.LIST, [0xdf, 255, 255, 255, 255]) },
  ],
  ['a name that is a number', { bytes: control(FrameType.SUBSCRIBE, { ...SUBSCRIBE, stream: 7 }) }],
  ['no start', { bytes: control(FrameType.SUBSCRIBE, { stream: 'orders', creditBytes: 1 }) }],
  [
    'two starts',
    { bytes: control(FrameType.SUBSCRIBE, { ...SUBSCRIBE, from: { first: true, last: 1 } }) },
  ],
  [
    'a negative offset',
    { bytes: control(FrameType.SUBSCRIBE, { ...SUBSCRIBE, from: { offset: -1 } }) },
  ],
  [
    'half an offset',
    { bytes: control(FrameType.SUBSCRIBE, { ...SUBSCRIBE, from: { offset: 0.5 } }) },
  ],
  [
    'an offset above 2^53',
    { bytes: control(FrameType.SUBSCRIBE, { ...SUBSCRIBE, from: { offset: 2 ** 60 } }) },
  ],
  ['a credit of the wrong size', { bytes: frame(FrameType.CREDIT, [1, 2, 3], 1) }],
  ['a credit above 2^53', { bytes: frame(FrameType.CREDIT, Array<number>(8).fill(255), 1) }],
  ['a PING with a body', { bytes: frame(FrameType.PING, [1]) }],
  ['a CLOSE_CHANNEL without a map', { bytes: frame(FrameType.CLOSE_CHANNEL, [0x00]) }],
  [
    'a frame above the limit',
    { bytes: new Uint8Array(64 * 1024 + 9), code: 'FRAME_TOO_LARGE', closeCode: 1009 },
  ],
]

test.each(MALFORMED)('%s', async (_, bad) => {
  await using tested = await serveMemory({
    limits: { frameBytesMax: 64 * 1024 + 8, batchBytesMax: 64 * 1024 },
  })
  const log = await tested.store.ensure('orders')
  const bystander = await tested.connect()
  const producer = await bystander.openProducer({ stream: 'orders' })
  const peer = await tested.connect()
  await peer.subscribe({ stream: 'orders' })
  peer.socket.send(bad.bytes)
  // What follows in the same breath is not looked at any more.
  peer.post(FrameType.DELETE, { stream: 'orders' })
  expect((await peer.connectionError()).code).toBe(bad.code ?? 'MALFORMED_FRAME')
  expect((await peer.closed).code).toBe(bad.closeCode ?? 1002)
  expect(tested.store.has('orders')).toBe(true)
  bystander.publish(producer.channel, 0, ...makeBatches(producer, 1))
  await bystander.acknowledged(producer.channel, 0)
  const fresh = await tested.connect()
  await fresh.subscribe({ stream: 'orders' })
  await fresh.when((candidate) => candidate.type === FrameType.DELIVER)
  expect(log.endOffset).toBe(1)
})

test('what was appended before a malformed frame is acknowledged before the connection ends', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders', { durability: 'relaxed' })
  const peer = await tested.connect()
  const producer = await peer.openProducer({ stream: 'orders' })
  const { _socket: socket } = peer.socket as unknown as {
    _socket: { cork(): void; uncork(): void }
  }
  socket.cork()
  peer.publish(producer.channel, 0, ...makeBatches(producer, 3))
  peer.send(new Uint8Array(1))
  socket.uncork()
  await peer.connectionError()
  expect(peer.acks(producer.channel)).toMatchObject([{ throughOrdinal: 2 }])
  expect(log.endOffset).toBe(3)
})

test('bytes that are no WebSocket frame are answered with a typed error', async () => {
  await using tested = await serveMemory()
  await using peer = await Peer.connect(tested.url)
  // A reserved bit, straight onto the socket.
  const { _socket: socket } = peer.socket as unknown as {
    _socket: { write(bytes: Uint8Array): void }
  }
  socket.write(Uint8Array.from([0xf2, 0x80, 0, 0, 0, 0]))
  expect((await peer.connectionError()).code).toBe('MALFORMED_FRAME')
  expect((await peer.closed).code).toBe(1002)
  await (await tested.connect()).settle()
})

test('bytes that are no HTTP are answered with 400', async () => {
  await using tested = await serveMemory()
  const socket = connectTcp(tested.server.port, '127.0.0.1')
  socket.end('\u0016\u0003\u0001 this is not HTTP\r\n\r\n')
  const pieces: Uint8Array[] = []
  for await (const piece of socket) pieces.push(piece as Uint8Array)
  expect(Buffer.concat(pieces).toString()).toMatch(/^HTTP\/1\.1 400 /)
  await (await tested.connect()).settle()
})

test('a peer that vanishes in the middle of a message leaves nothing behind', async () => {
  await using tested = await serveMemory()
  const log = await tested.store.ensure('orders')
  const peer = await tested.connect()
  await peer.subscribe({ stream: 'orders' })
  peer.socket.send(new Uint8Array(100), { fin: false })
  peer.socket.terminate()
  await tested.server.close({ graceMs: 0 })
  expect(log.listenerCount).toBe(0)
})
