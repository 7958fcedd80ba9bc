/** How a lost connection is replaced, seen through a client. */

import { LimitError, ProtocolError } from '@tailrace/format'
import { encodeErrorFrame, FrameType } from '@tailrace/protocol'
import { beforeEach, describe, expect, test } from 'vitest'

import type { Client } from '../../../src/client.js'
import { caught } from '../../support/caught.js'
import { controlFrame } from '../../support/fake-server.js'
import { FakeWorld, REFUSE } from '../../support/fake-world.js'

let world: FakeWorld
let states: string[]

beforeEach(() => {
  world = new FakeWorld()
  states = []
})

function watch(client: Client): void {
  client.onState(({ state, error }) =>
    states.push(error === undefined ? state : `${state} ${error.code}`),
  )
}

test('a lost connection comes back by itself', async () => {
  const client = await world.connect({ reconnect: { baseMs: 100 } })
  watch(client)
  world.server.dropConnections()
  await world.settle()
  expect(client.state).toBe('reconnecting')
  await world.advance(100)
  expect(states).toEqual(['reconnecting CONNECTION_LOST', 'open'])
})

test('waits longer after each failed attempt, and less again after a good connection', async () => {
  const client = await world.connect({ reconnect: { baseMs: 100, maxMs: 400 } })
  await world.advance(10_000)
  world.mode = REFUSE
  world.server.dropConnections()
  const attemptTimes: number[] = []
  for (let time = 0; time < 5000; time += 10) {
    const before = world.attemptCount
    await world.advance(10)
    if (world.attemptCount > before) attemptTimes.push(time)
  }
  expect(attemptTimes[0]).toBeLessThan(100)
  const gaps = attemptTimes.slice(1).map((time, i) => time - (attemptTimes[i] ?? 0))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(410)
  expect(Math.max(...gaps)).toBeGreaterThan(200)
  expect(client.state).toBe('reconnecting')
  world.mode = { kind: 'accept' }
  await world.advance(400)
  expect(client.state).toBe('open')
})

test('a connection that is lost at once again does not make the waits short', async () => {
  world = new FakeWorld(() => 0.999)
  const client = await world.connect({ reconnect: { baseMs: 1000, maxMs: 100_000 } })
  for (const bound of [1000, 2000, 4000, 8000, 16_000]) {
    world.server.dropConnections()
    await world.advance(bound - 20)
    expect(client.state).toBe('reconnecting')
    await world.advance(20)
    expect(client.state).toBe('open')
  }
  await world.advance(5000)
  world.server.dropConnections()
  await world.advance(1000)
  expect(client.state).toBe('open')
})

test('gives up after so many failed attempts, with the last reason as cause', async () => {
  const client = await world.connect({ reconnect: { baseMs: 10, maxMs: 10, attemptsMax: 3 } })
  watch(client)
  world.mode = REFUSE
  world.server.dropConnections()
  for (let i = 0; i < 10; i += 1) await world.advance(10)
  expect(world.attemptCount).toBe(4)
  expect(states).toEqual(['reconnecting CONNECTION_LOST', 'closed CONNECTION_LOST'])
  await expect(client.stream('s').describe()).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    details: { attempts: 3, host: 'fake', port: 4455 },
    cause: { code: 'CONNECT_FAILED' },
  })
})

test('does not reconnect when told not to', async () => {
  const client = await world.connect({ reconnect: false })
  watch(client)
  world.server.dropConnections()
  await world.advance(60_000)
  expect(states).toEqual(['closed CONNECTION_LOST'])
  expect(world.attemptCount).toBe(1)
})

test('does not reconnect after an error that would only come again', async () => {
  const client = await world.connect()
  watch(client)
  const error = new ProtocolError('FRAME_TOO_LARGE', 'frame is 99 bytes, must be at most 9')
  world.server.connection.send(encodeErrorFrame(error))
  await world.advance(60_000)
  expect(states).toEqual(['closed FRAME_TOO_LARGE'])
  expect(world.attemptCount).toBe(1)
})

test('reconnects after an error of the connection that may pass', async () => {
  const client = await world.connect()
  const error = new ProtocolError('PEER_SILENT', 'nothing was heard for 30000 ms')
  world.server.connection.send(encodeErrorFrame(error))
  await world.advance(200)
  expect(client.state).toBe('open')
  expect(world.attemptCount).toBe(2)
})

test('spreads its return as GOAWAY asks', async () => {
  const client = await world.connect({ reconnect: { baseMs: 1, maxMs: 1 } })
  const notice = { afterMs: 50, jitterMs: 100_000, reason: 'restart' }
  world.server.connection.send(controlFrame(FrameType.GOAWAY, {}, notice))
  await world.settle()
  expect(client.state).toBe('open')
  world.server.connection.close()
  await world.advance(100)
  expect(client.state).toBe('reconnecting')
  await world.advance(100_000)
  expect(client.state).toBe('open')
  world.server.dropConnections()
  await world.advance(1)
  expect(client.state).toBe('open')
})

describe('a request', () => {
  test('that may be made twice waits for the next connection', async () => {
    world.server.log('orders')
    const client = await world.connect()
    world.server.intercept = ({ type }) => type === FrameType.DESCRIBE
    const describing = client.stream('orders').describe()
    await world.settle()
    world.server.dropConnections()
    world.server.intercept = undefined
    await world.advance(200)
    expect(await describing).toMatchObject({ stream: 'orders' })
  })

  test('made without a connection is made on the next', async () => {
    world.server.log('orders')
    const client = await world.connect()
    world.server.dropConnections()
    await world.settle()
    const describing = client.stream('orders').describe()
    await world.advance(200)
    expect(await describing).toMatchObject({ stream: 'orders' })
  })

  test('refused by a server that closes is made on the next connection', async () => {
    world.server.log('orders')
    const client = await world.connect()
    world.server.intercept = ({ type, argument }, connection) => {
      if (type !== FrameType.DESCRIBE) return false
      connection.failRequest(argument, new LimitError('SHUTTING_DOWN', 'closing'))
      return true
    }
    const describing = client.stream('orders').describe()
    await world.settle()
    world.server.intercept = undefined
    world.server.connection.close()
    await world.advance(200)
    expect(await describing).toMatchObject({ stream: 'orders' })
  })

  test('that costs the connection is not made on the next one', async () => {
    const client = await world.connect()
    const error = new ProtocolError('MALFORMED_FRAME', 'field "stream" is too long')
    world.server.intercept = ({ type }, connection) => {
      if (type === FrameType.DESCRIBE) connection.send(encodeErrorFrame(error))
      return false
    }
    const describing = caught(client.stream('orders').describe())
    await world.advance(200)
    expect(await describing).toMatchObject({ code: 'MALFORMED_FRAME' })
    expect(world.server.receivedOf(FrameType.DESCRIBE)).toHaveLength(1)
    expect(client.state).toBe('open')
  })

  test('with a number that is none does not reach the server', async () => {
    const client = await world.connect()
    expect(() => client.stream('orders').ensure({ retentionMs: 1.5 })).toThrow(RangeError)
  })

  test('does not wait for a connection longer than for a reply', async () => {
    const client = await world.connect({ requestTimeoutMs: 1000 })
    world.mode = REFUSE
    world.server.dropConnections()
    await world.settle()
    const describing = caught(client.stream('orders').describe())
    await world.advance(1000)
    expect(await describing).toMatchObject({ code: 'REQUEST_TIMEOUT' })
  })
})

describe('close', () => {
  test('closes the socket, is done once, and leaves no timer', async () => {
    const client = await world.connect()
    watch(client)
    const first = client.close()
    expect(client.close()).toBe(first)
    await world.settle()
    await first
    await client[Symbol.asyncDispose]()
    expect(states).toEqual(['closed CLIENT_CLOSED'])
    expect(world.transports).toHaveLength(0)
    expect(world.clock.timerCount).toBe(0)
  })

  test('while reconnecting ends that', async () => {
    const client = await world.connect()
    world.mode = REFUSE
    world.server.dropConnections()
    await world.settle()
    await client.close()
    await world.advance(60_000)
    expect(world.attemptCount).toBe(1)
    expect(world.clock.timerCount).toBe(0)
  })

  test('does not wait for a server that does not answer it', async () => {
    const client = await world.connect()
    world.transport.close = () => undefined
    const closing = client.close()
    await world.advance(1000)
    await closing
    expect(world.transports).toHaveLength(0)
  })

  test('fails what is asked afterwards', async () => {
    const client = await world.connect()
    const closing = client.close()
    await world.settle()
    await closing
    await expect(client.streams()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await expect(client.stream('s').publish(1)).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    const subscription = client.stream('s').subscribe()
    await expect(subscription.opened()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
  })

  test('by the signal is at once', async () => {
    const controller = new AbortController()
    const client = await world.connect({ signal: controller.signal })
    controller.abort()
    expect(client.state).toBe('closed')
    await world.settle()
    expect(world.transports).toHaveLength(0)
  })
})

test('a listener that throws does not stop the others, and is reported as uncaught', async () => {
  const client = await world.connect()
  const uncaught: unknown[] = []
  const report = (error: unknown): void => void uncaught.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', report)
  client.onState(() => {
    throw new Error('mine')
  })
  watch(client)
  world.server.dropConnections()
  await world.settle()
  process.off('uncaughtException', report)
  for (const other of others) process.on('uncaughtException', other)
  expect(states).toEqual(['reconnecting CONNECTION_LOST'])
  expect(uncaught).toMatchObject([{ message: 'mine' }])
})
