/**
 * `tailrace serve`: how it says that it is ready, how it ends, and why it may not start.
 */

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'

import { run, start } from '../support/command.js'
import { ServerProcess, TemporaryDirectory } from '../support/server.js'

/** Where no user may write, root included. */
const UNWRITABLE_DIRECTORY = '/sys/tailrace'

/** A WebSocket that was opened and is then left alone: it neither reads frames nor answers them. */
async function openSilentConnection(port: number): Promise<Duplex> {
  const upgrade = request({
    port,
    host: '127.0.0.1',
    path: '/v1',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-protocol': 'tailrace.v1',
    },
  }).end()
  const [, socket] = (await once(upgrade, 'upgrade')) as [unknown, Duplex]
  return socket
}

async function listeningHttpServer(): Promise<Server & AsyncDisposable> {
  const http = createServer((_request, response) => response.end('not Tailrace'))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return http
}

/** A port that was free a moment ago. */
async function freedPort(): Promise<number> {
  await using http = await listeningHttpServer()
  return portOf(http)
}

function portOf(http: Server): number {
  return (http.address() as AddressInfo).port
}

describe('serve', () => {
  it('says in one line where it is and where its data are', async () => {
    await using directory = await TemporaryDirectory.create()
    const data = directory.file('data')
    await using serve = start(['serve', '--port', '0', '--data', data])
    const line = await serve.stdoutLine(/./)
    expect(line).toMatch(/^serving (\S+) at ws:\/\/127\.0\.0\.1:\d+/)
    expect(line).toContain(data)
    serve.kill('SIGTERM')
    expect(await serve.ended).toMatchObject({ status: 0, stderr: 'tailrace: stopped\n' })
  })

  it('says the same as JSON for scripts', async () => {
    await using server = await ServerProcess.start()
    const line = JSON.parse(await server.command.stdoutLine(/./)) as unknown
    expect(line).toEqual({
      event: 'listening',
      url: server.url,
      port: server.port,
      dataDirectory: server.dataDirectory,
    })
  })

  it('ends with 0 at Ctrl-C, and has kept what it acknowledged', async () => {
    await using server = await ServerProcess.start()
    await server.run(['publish', 'notes', '-'], { input: 'one\ntwo\n' })
    server.command.kill('SIGINT')
    expect(await server.command.ended).toMatchObject({ status: 0, signal: null })
    await server.restart()
    const { stdout } = await server.run(['replay', 'notes'])
    expect(stdout.toString()).toBe('one\ntwo\n')
  })

  it('ends at once with 130 at the second signal, while it waits for a client', async () => {
    await using server = await ServerProcess.start()
    const socket = await openSilentConnection(server.port)
    socket.on('error', () => undefined)
    server.command.kill('SIGINT')
    await once(socket, 'data')
    server.command.kill('SIGTERM')
    expect(await server.command.ended).toMatchObject({ status: 130, signal: null })
    socket.destroy()
  })

  it('says what happens in the ordinary way only with --verbose', async () => {
    await using directory = await TemporaryDirectory.create()
    const args = ['serve', '--port', '0', '--data', directory.file('data'), '--verbose']
    await using serve = start(args)
    await serve.stderrLine(/^tailrace: listening url=ws:\/\/127\.0\.0\.1:\d+$/)
  })
})

describe('serve --no-busy-polling', () => {
  it('serves, too', async () => {
    await using directory = await TemporaryDirectory.create()
    const args = ['serve', '--port', '0', '--data', directory.file('data'), '--no-busy-polling']
    await using serve = start([...args, '--verbose'])
    await serve.stderrLine(/^tailrace: listening url=ws:\/\/127\.0\.0\.1:\d+$/)
  })
})

describe('serve that cannot', () => {
  it('ends with 5 when the port is in use', async () => {
    await using directory = await TemporaryDirectory.create()
    await using http = await listeningHttpServer()
    const port = String(portOf(http))
    const args = ['serve', '--port', port, '--data', directory.file('data')]
    const { status, stdout, stderr } = await run(args)
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 5, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(
        `^tailrace: .* 127\\.0\\.0\\.1 port ${port}; stop it, or .* \\(ADDRESS_IN_USE\\)\\n$`,
      ),
    )
  })

  it('ends with 5 at an address that this machine does not have', async () => {
    await using directory = await TemporaryDirectory.create()
    const args = ['serve', '--port', '0', '--host', '192.0.2.1', '--data', directory.file('data')]
    const { status, stderr } = await run(args)
    expect(status).toBe(5)
    expect(stderr).toMatch(
      /^tailrace: cannot listen at 192\.0\.2\.1 port 0 .* \(CANNOT_LISTEN\)\n$/,
    )
  })

  it('ends with 5 and names the process that has the data directory', async () => {
    await using server = await ServerProcess.start()
    const { status, stderr } = await run(['serve', '--port', '0', '--data', server.dataDirectory])
    expect(status).toBe(5)
    expect(stderr).toMatch(/^tailrace: .* in use by process \d+ .* \(STORE_LOCKED\)\n$/)
    expect(stderr).toContain(`process ${String(server.command.processId)} `)
    const listed = await server.run(['streams', 'ls'])
    expect(listed.status).toBe(0)
  })

  it('ends with 5 when the data directory is not writable', async () => {
    const { status, stderr } = await run(['serve', '--port', '0', '--data', UNWRITABLE_DIRECTORY])
    expect(status).toBe(5)
    expect(stderr).toMatch(/^tailrace: not permitted .*\/sys\/tailrace.* \(STORE_NOT_WRITABLE\)\n$/)
  })

  it('ends with 5 when the data directory is a file', async () => {
    await using directory = await TemporaryDirectory.create()
    await writeFile(directory.file('data'), 'text')
    const { status, stderr } = await run(['serve', '--port', '0', '--data', directory.file('data')])
    expect(status).toBe(5)
    expect(stderr).toMatch(/^tailrace: .* \(IO_ERROR\)\n$/)
  })

  it.each(['-1', '65536', '1.5', 'http'])('ends with 2 for the port %s', async (port) => {
    const { status, stderr } = await run(['serve', `--port=${port}`])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^tailrace: --port is .*, must be an integer from 0 to 65535 \(USAGE\)\n$/,
    )
  })
})

describe('a command that finds no server', () => {
  it('ends with 4 and says how to start one', async () => {
    const port = await freedPort()
    const env = { TAILRACE_URL: `ws://127.0.0.1:${port}` }
    for (const args of [
      ['streams', 'ls'],
      ['replay', 'x'],
      ['tail', 'x'],
      ['publish', 'x'],
    ]) {
      const { status, stderr } = await run(args, { env })
      expect(status).toBe(4)
      expect(stderr).toMatch(/^tailrace: cannot connect .*tailrace serve.* \(CONNECT_FAILED\)\n$/)
    }
  })

  it('ends with 4 when something else listens there', async () => {
    await using http = await listeningHttpServer()
    const { status, stderr } = await run([
      'streams',
      'ls',
      '--url',
      `ws://127.0.0.1:${portOf(http)}`,
    ])
    expect(status).toBe(4)
    expect(stderr).toMatch(
      /^tailrace: cannot connect to 127\.0\.0\.1:\d+: .* \(CONNECT_FAILED\)\n$/,
    )
  })

  it('ends with 2 when the URL is none', async () => {
    for (const url of ['nonsense', 'ftp://127.0.0.1', '']) {
      const { status, stderr } = await run(['streams', 'ls', `--url=${url}`])
      expect(status).toBe(2)
      expect(stderr).toMatch(/^tailrace: .* \(USAGE\)\n$/)
    }
  })
})
