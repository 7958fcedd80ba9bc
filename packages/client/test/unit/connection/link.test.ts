/** What one connection does, seen through a client: handshake, liveness, hostile servers. */

import { LimitError, RequestError } from '@tailrace/format'
import {
  encodeErrorFrame,
  encodeFrame,
  encodePingFrame,
  ERROR_FLAG_REQUEST,
  FrameType,
  LIMITS,
} from '@tailrace/protocol'
import { beforeEach, describe, expect, test } from 'vitest'

import { caught } from '../../support/caught.js'
import { controlFrame } from '../../support/fake-server.js'
import { FakeWorld, REFUSE } from '../../support/fake-world.js'

const once = { reconnect: false } as const
let world: FakeWorld

beforeEach(() => {
  world = new FakeWorld()
})

describe('the handshake', () => {
  test('names the client and offers the versions', async () => {
    await world.connect({ name: 'billing/2.1' })
    const [hello] = world.server.receivedOf(FrameType.HELLO)
    expect(hello).toBeDefined()
    expect(new TextDecoder().decode(hello?.body)).toContain('billing/2.1')
  })

  test('gives up when WELCOME does not come in time', async () => {
    world.server.intercept = () => true
    const connecting = caught(world.connect({ connectTimeoutMs: 700 }))
    await world.settle()
    await world.advance(699)
    expect(world.transports).toHaveLength(1)
    await world.advance(1)
    expect(await connecting).toMatchObject({ code: 'CONNECT_TIMEOUT' })
    expect(world.transports).toHaveLength(0)
  })

  test('gives up when the socket does not open in time', async () => {
    world.mode = { kind: 'ignore' }
    const connecting = caught(world.connect({ connectTimeoutMs: 700 }))
    await world.advance(700)
    expect(await connecting).toMatchObject({
      code: 'CONNECT_TIMEOUT',
      details: { host: 'fake', port: 4455, timeoutMs: 700 },
    })
  })

  test('fails at once when nobody listens', async () => {
    world.mode = REFUSE
    await expect(world.connect()).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    expect(world.attemptCount).toBe(1)
    expect(world.clock.timerCount).toBe(0)
  })

  test('refuses another subprotocol', async () => {
    world.mode = { kind: 'accept', subprotocol: '' }
    await expect(world.connect()).rejects.toMatchObject({ code: 'UNSUPPORTED_SUBPROTOCOL' })
  })

  test('rejects with the error with which the server answers', async () => {
    const error = new LimitError('TOO_MANY_CONNECTIONS', 'there are 100 connections')
    world.server.intercept = ({ argument }, connection) => {
      connection.send(encodeErrorFrame(error, { flags: ERROR_FLAG_REQUEST, argument }))
      return true
    }
    await expect(world.connect()).rejects.toMatchObject({
      code: 'TOO_MANY_CONNECTIONS',
      message: 'there are 100 connections',
    })
  })

  test('refuses a WELCOME that cannot be read', async () => {
    world.server.intercept = ({ argument }, connection) => {
      connection.send(encodeFrame(FrameType.WELCOME, { argument }, new Uint8Array([0xc0])))
      return true
    }
    await expect(world.connect()).rejects.toMatchObject({ code: 'MALFORMED_FRAME' })
  })

  test('is ended by the signal', async () => {
    world.mode = { kind: 'ignore' }
    const controller = new AbortController()
    const connecting = caught(world.connect({ signal: controller.signal }))
    await world.settle()
    controller.abort()
    expect(await connecting).toMatchObject({ name: 'AbortError' })
  })

  test('does not begin after the signal', async () => {
    const signal = AbortSignal.abort()
    await expect(world.connect({ signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(world.attemptCount).toBe(0)
  })
})

describe('an open link', () => {
  test('answers PING', async () => {
    await world.connect()
    world.transport.deliver(encodePingFrame(77))
    await world.settle()
    expect(world.server.receivedOf(FrameType.PONG)).toMatchObject([{ argument: 77 }])
  })

  test('is lost when the server falls silent for two heartbeats', async () => {
    world.server.limits = { ...LIMITS, heartbeatMs: 1000 }
    const client = await world.connect(once)
    const changes: unknown[] = []
    client.onState(({ state, error }) => changes.push([state, error?.code]))
    world.server.intercept = () => true
    await world.advance(1000)
    expect(world.server.receivedOf(FrameType.PING)).toHaveLength(1)
    expect(client.state).toBe('open')
    await world.advance(1000)
    expect(changes).toEqual([['closed', 'PEER_SILENT']])
  })

  test('stays as long as PING is answered', async () => {
    world.server.limits = { ...LIMITS, heartbeatMs: 1000 }
    const client = await world.connect(once)
    for (let i = 0; i < 10; i += 1) await world.advance(1000)
    expect(client.state).toBe('open')
    expect(world.server.receivedOf(FrameType.PING).length).toBeGreaterThan(3)
  })

  test.each([
    ['a frame too short', new Uint8Array(7), 'MALFORMED_FRAME'],
    ['an unknown frame', encodeFrame(0x7e as never, {}), 'UNKNOWN_COMMAND'],
    ['a frame only clients send', encodeFrame(FrameType.PUBLISH, {}), 'UNKNOWN_COMMAND'],
    [
      'an ACK of half an entry',
      encodeFrame(FrameType.ACK, {}, new Uint8Array(9)),
      'MALFORMED_FRAME',
    ],
    [
      'a GOAWAY without a map',
      encodeFrame(FrameType.GOAWAY, {}, new Uint8Array(1)),
      'MALFORMED_FRAME',
    ],
  ])('does not survive %s', async (_what, frame, code) => {
    const client = await world.connect(once)
    const errors: unknown[] = []
    client.onState(({ error }) => errors.push(error?.code))
    world.transport.deliver(frame)
    await world.settle()
    expect(errors).toEqual([code])
    expect(client.state).toBe('closed')
  })

  test('does not survive a frame above the limit', async () => {
    world.server.limits = { ...LIMITS, frameBytesMax: 1000 }
    const client = await world.connect(once)
    const errors: unknown[] = []
    client.onState(({ error }) => errors.push(error?.code))
    world.transport.deliver(new Uint8Array(1001))
    await world.settle()
    expect(errors).toEqual(['FRAME_TOO_LARGE'])
  })

  test('does not survive text', async () => {
    const client = await world.connect(once)
    world.transport.options.events.onText()
    await world.settle()
    expect(client.state).toBe('closed')
  })

  test('does not survive the reply to another command', async () => {
    const client = await world.connect(once)
    world.server.intercept = ({ argument }, connection) => {
      connection.send(controlFrame(FrameType.DELETED, { argument }, {}))
      return true
    }
    const describing = caught(client.stream('orders').describe())
    await world.settle()
    expect(await describing).toMatchObject({
      code: 'MALFORMED_FRAME',
      message: 'DESCRIBE was answered with DELETED',
    })
    expect(client.state).toBe('closed')
  })

  test('closes a channel that was opened for a request that has timed out', async () => {
    world.server.log('orders')
    const client = await world.connect({ requestTimeoutMs: 100, reconnect: { baseMs: 5000 } })
    const held: (() => void)[] = []
    world.server.intercept = ({ type, argument }, connection) => {
      if (type !== FrameType.SUBSCRIBE) return false
      held.push(() => {
        connection.send(
          controlFrame(
            FrameType.SUBSCRIBED,
            { argument },
            {
              channel: 9,
              startOffset: 0,
              stopOffset: null,
              epoch: 1,
              firstOffset: 0,
              visibleOffset: 0,
            },
          ),
        )
      })
      return true
    }
    client.stream('orders').subscribe()
    await world.advance(100)
    held[0]?.()
    await world.settle()
    expect(world.server.receivedOf(FrameType.CLOSE_CHANNEL)).toMatchObject([{ channel: 9 }])
  })

  test('fails requests that wait when it is lost', async () => {
    const client = await world.connect(once)
    world.server.intercept = () => true
    const deleting = caught(client.stream('orders').delete())
    await world.settle()
    world.server.dropConnections()
    await world.settle()
    expect(await deleting).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('passes the typed error of a request on', async () => {
    const client = await world.connect()
    const describing = caught(client.stream('nowhere').describe())
    await world.settle()
    expect(await describing).toBeInstanceOf(RequestError)
    expect(await describing).toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })

  test('rejects a request that is not answered in time', async () => {
    const client = await world.connect({ requestTimeoutMs: 100 })
    world.server.intercept = () => true
    const describing = caught(client.stream('orders').describe())
    await world.advance(100)
    expect(await describing).toMatchObject({ code: 'REQUEST_TIMEOUT' })
  })
})
