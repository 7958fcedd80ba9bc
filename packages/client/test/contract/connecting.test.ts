/** What connecting says when something else than a Tailrace server is there, over real sockets. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { WebSocketServer, type ServerOptions } from 'ws'
import { afterEach, expect, test } from 'vitest'

import { connect } from '../../src/index.js'
import { caught } from '../support/caught.js'
import { serveFake } from '../support/serve-fake.js'

const closers: (() => void)[] = []

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}

async function serveHttp(status: number): Promise<number> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end('no'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return portOf(server)
}

async function serveWebSockets(options: ServerOptions): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  await once(server, 'listening')
  closers.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return portOf(server)
}

test('nobody listens: says where and what to do', async () => {
  const port = await serveHttp(200)
  closers.pop()?.()
  const error = await caught(connect(`ws://127.0.0.1:${port}`))
  expect(error).toMatchObject({
    code: 'CONNECT_FAILED',
    details: { host: '127.0.0.1', port },
    message: expect.stringMatching(
      `^cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED .*; check the host and port, and start a server there`,
    ) as unknown,
  })
})

test('a web server answers: says so', async () => {
  const port = await serveHttp(404)
  expect(await caught(connect(`http://127.0.0.1:${port}`))).toMatchObject({
    code: 'CONNECT_FAILED',
    details: { httpStatus: 404 },
  })
})

test.each([
  ['none', { handleProtocols: () => false as const }, ''],
  ['another', { handleProtocols: () => 'mqtt' }, 'mqtt'],
])(
  'a WebSocket server that chooses %s of the subprotocols is refused',
  async (_what, options, chosen) => {
    const port = await serveWebSockets(options)
    expect(await caught(connect(`ws://127.0.0.1:${port}`))).toMatchObject({
      code: 'UNSUPPORTED_SUBPROTOCOL',
      details: { subprotocol: chosen },
    })
  },
)

test('a server that says nothing is given up on', async () => {
  const server = createTcpServer(() => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  const url = `ws://127.0.0.1:${portOf(server)}`
  expect(await caught(connect(url, { connectTimeoutMs: 50 }))).toMatchObject({
    code: 'CONNECT_TIMEOUT',
    details: { timeoutMs: 50 },
  })
})

test('a WebSocket of the application is used, with what it adds', async () => {
  await using fake = await serveFake()
  const { WebSocket } = await import('ws')
  const headers: unknown[] = []
  await using client = await connect(fake.url, {
    webSocket: (url, subprotocol) => {
      const socket = new WebSocket(url, subprotocol, { headers: { 'x-token': 'secret' } })
      socket.on('upgrade', (response) => headers.push(response.headers['sec-websocket-protocol']))
      return socket
    },
  })
  expect(await client.stream('s').publish(1)).toBe(0)
  expect(headers).toEqual(['tailrace.v1'])
})

test.each([
  ['a URL that is none', () => connect('localhost'), TypeError],
  ['a negative timeout', () => connect('ws://x', { connectTimeoutMs: -1 }), RangeError],
  ['no attempts', () => connect('ws://x', { reconnect: { attemptsMax: 0 } }), RangeError],
])('%s is a mistake of the caller', async (_what, attempt, type) => {
  expect(await caught(attempt())).toBeInstanceOf(type)
})
