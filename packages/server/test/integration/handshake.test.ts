/** The first frame of a connection: what is answered, what ends it, and how. */

import {
  decodeWelcomeReply,
  encodeControlFrame,
  encodeFrame,
  encodePingFrame,
  FrameType,
  LIMITS,
} from '@tailrace/protocol'
import { expect, test } from 'vitest'

import { ManualTimers } from '../support/manual-timers.js'
import { Peer } from '../support/peer.js'
import { serveMemory } from '../support/serve.js'

const HELLO = { protocols: [1], client: 'test/1' }

test('HELLO is answered by WELCOME with the limits of the server', async () => {
  await using tested = await serveMemory({ limits: { heartbeatMs: 1234 } })
  await using peer = await Peer.dial(tested.url)
  const reply = await peer.request(FrameType.HELLO, { protocols: [7, 1], client: 'test/1' })
  expect(decodeWelcomeReply(reply.body)).toEqual({
    protocol: 1,
    server: 'tailrace/0.1.0',
    serverId: tested.store.storeId,
    limits: { ...LIMITS, heartbeatMs: 1234 },
    features: [],
  })
})

test('frames that follow HELLO at once are answered', async () => {
  await using tested = await serveMemory()
  await using peer = await Peer.dial(tested.url)
  peer.post(FrameType.HELLO, HELLO)
  await peer.settle()
  expect(peer.frames.map((frame) => frame.type)).toEqual([FrameType.WELCOME, FrameType.PONG])
})

test('a second HELLO is an error and changes nothing', async () => {
  await using tested = await serveMemory()
  const peer = await tested.connect()
  await expect(peer.request(FrameType.HELLO, HELLO)).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
  await peer.settle()
})

const FATAL: readonly (readonly [string, FirstMessage])[] = [
  ['another command', { bytes: encodePingFrame(1), code: 'HANDSHAKE_REQUIRED' }],
  [
    'an unknown command',
    { bytes: encodeFrame(0x7f as typeof FrameType.PING, {}), code: 'HANDSHAKE_REQUIRED' },
  ],
  [
    'a HELLO with no version in common',
    {
      bytes: encodeControlFrame(FrameType.HELLO, {}, { ...HELLO, protocols: [2, 3] }),
      code: 'UNSUPPORTED_PROTOCOL_VERSION',
    },
  ],
  ['a HELLO without a body', { bytes: encodeFrame(FrameType.HELLO, {}), code: 'MALFORMED_FRAME' }],
  ['half a prefix', { bytes: new Uint8Array(4), code: 'MALFORMED_FRAME' }],
  ['a text', { bytes: 'HELLO', code: 'MALFORMED_FRAME' }],
  ['larger than 8 KiB', { bytes: new Uint8Array(8193), code: 'FRAME_TOO_LARGE', closeCode: 1009 }],
  ['a megabyte', { bytes: new Uint8Array(1024 * 1024), code: 'FRAME_TOO_LARGE', closeCode: 1009 }],
]

interface FirstMessage {
  readonly bytes: Uint8Array | string
  readonly code: string
  readonly closeCode?: number
}

test.each(FATAL)('a first frame that is %s ends the connection', async (_, first) => {
  await using tested = await serveMemory()
  await using peer = await Peer.dial(tested.url)
  peer.socket.send(first.bytes)
  expect((await peer.connectionError()).code).toBe(first.code)
  expect((await peer.closed).code).toBe(first.closeCode ?? 1002)
  await (await tested.connect()).settle()
})

test('8 KiB are read before HELLO, and not one chunk more', async () => {
  await using tested = await serveMemory()
  await using peer = await Peer.dial(tested.url)
  // A message that is begun and never ended.
  for (let count = 0; count < 10; count += 1) {
    peer.socket.send(new Uint8Array(1024), { binary: true, fin: false })
  }
  expect((await peer.connectionError()).code).toBe('FRAME_TOO_LARGE')
  expect((await peer.closed).code).toBe(1009)
})

test('a client that does not say HELLO in time is sent away', async () => {
  const timers = new ManualTimers()
  await using tested = await serveMemory({ timers })
  await using silent = await Peer.dial(tested.url)
  const greeter = await tested.connect()
  timers.advance(9_999)
  await greeter.settle()
  expect(silent.frames).toEqual([])
  timers.advance(1)
  expect((await silent.connectionError()).code).toBe('HANDSHAKE_REQUIRED')
  expect((await silent.closed).code).toBe(1002)
  await greeter.settle()
})
