/** Who gets a WebSocket, and what everybody else is told. */

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'

import { SUBPROTOCOL } from '@tailrace/protocol'
import { expect, test } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'

import { startServer } from '../../src/index.js'
import { MemoryStore } from '../support/memory-store.js'
import { Peer } from '../support/peer.js'
import { RecordingLogger } from '../support/recording-logger.js'
import { serveMemory } from '../support/serve.js'

interface Refusal {
  readonly status: number
  readonly error: { readonly code: string; readonly message: string }
}

/** Tries to open a WebSocket that the server refuses. */
async function refusalOf(
  url: string,
  protocols: string | string[] = SUBPROTOCOL,
  options: ClientOptions = {},
): Promise<Refusal> {
  const socket = new WebSocket(url, protocols, options)
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    AsyncIterable<Uint8Array> & { statusCode: number },
  ]
  const pieces: Uint8Array[] = []
  for await (const piece of response) pieces.push(piece)
  const { error } = JSON.parse(Buffer.concat(pieces).toString()) as Pick<Refusal, 'error'>
  return { status: response.statusCode, error }
}

test.each(['/', '/v1', '/v1?x=1'])('opens at %s', async (urlPath) => {
  await using tested = await serveMemory()
  await using peer = await Peer.connect(`${tested.url}${urlPath}`)
  expect(peer.socket.protocol).toBe(SUBPROTOCOL)
  expect(peer.socket.extensions).toBe('')
  expect(tested.server.connectionCount).toBe(1)
})

test('picks its subprotocol among several', async () => {
  await using tested = await serveMemory()
  const socket = new WebSocket(tested.url, ['chat', SUBPROTOCOL])
  await once(socket, 'open')
  expect(socket.protocol).toBe(SUBPROTOCOL)
  socket.terminate()
})

test('refuses another subprotocol and says which one to use', async () => {
  await using tested = await serveMemory()
  const { status, error } = await refusalOf(tested.url, 'mqtt')
  expect(status).toBe(400)
  expect(error.code).toBe('UNSUPPORTED_SUBPROTOCOL')
  expect(error.message).toContain(SUBPROTOCOL)
})

test('refuses a WebSocket without a subprotocol', async () => {
  await using tested = await serveMemory()
  expect((await refusalOf(tested.url, [])).error.code).toBe('UNSUPPORTED_SUBPROTOCOL')
})

test('refuses a page of another origin, unless it is listed', async () => {
  await using tested = await serveMemory({ allowedOrigins: ['https://listed.example'] })
  const foreign = await refusalOf(tested.url, SUBPROTOCOL, { origin: 'https://evil.example' })
  expect(foreign).toMatchObject({ status: 403, error: { code: 'FORBIDDEN_ORIGIN' } })
  await using listed = await Peer.connect(tested.url, { origin: 'https://listed.example' })
  await using local = await Peer.connect(tested.url, { origin: 'http://localhost:5173' })
  expect([listed, local].every((peer) => peer.socket.readyState === WebSocket.OPEN)).toBe(true)
})

test('refuses a path that has no WebSocket', async () => {
  await using tested = await serveMemory()
  const refusal = await refusalOf(`${tested.url}/v2`)
  expect(refusal).toMatchObject({ status: 404, error: { code: 'NOT_FOUND' } })
})

test('refuses one connection more than it may have, and takes it when there is room', async () => {
  const logger = new RecordingLogger()
  await using tested = await serveMemory({ logger, limits: { connectionsMax: 1 } })
  const first = await Peer.connect(tested.url)
  const refusal = await refusalOf(tested.url)
  expect(refusal).toMatchObject({ status: 503, error: { code: 'TOO_MANY_CONNECTIONS' } })
  first.socket.close()
  await logger.when('a connection ended')
  await using second = await Peer.connect(tested.url)
  await second.settle()
})

test('refuses an upgrade to something else', async () => {
  await using tested = await serveMemory()
  const socket = connectTcp(tested.server.port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  const pieces: Uint8Array[] = []
  for await (const piece of socket) pieces.push(piece as Uint8Array)
  expect(Buffer.concat(pieces).toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
})

test('says ADDRESS_IN_USE when the port is taken', async () => {
  await using tested = await serveMemory()
  const store = new MemoryStore()
  const started = startServer({ store, port: tested.server.port })
  await expect(started).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', action: 'fix-request' })
  expect(store.isClosed).toBe(false)
})
