/**
 * The limit: a bare `ws` server. Counts what it is sent, or sends as much as it is asked for, and does
 * nothing else with the bytes; at other paths than `/` they are records (bare-records.ts).
 */
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { serveJobs, timed } from '../harness/actor.js'
import { RecordTemplate } from '../clients/record.js'
import { Relay, echoCounts, sendRecordsTo } from './bare-records.js'
import { RecordFile } from './record-file.js'

const http = createServer()
const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 2 ** 27 })
http.listen(0, '127.0.0.1')
await once(http, 'listening')
const { port } = http.address() as AddressInfo

const relay = new Relay()

server.on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'ws://127.0.0.1')
  const parameter = (name: string): number => Number(searchParams.get(name))
  if (pathname === '/relay') relay.serve(socket)
  else if (pathname === '/echo') echoCounts(socket)
  else if (pathname !== '/records') serveBytes(socket)
  else sendRecordsTo(socket, { records: parameter('records'), sizeBytes: parameter('sizeBytes') })
})

/** Takes and sends bytes that are of no meaning. */
function serveBytes(socket: WebSocket): void {
  let expected = 0
  let received = 0
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      received += data.length
      if (received >= expected) socket.send(JSON.stringify({ received }))
      return
    }
    const order = JSON.parse(data.toString()) as {
      expect?: number
      send?: number
      frameBytes?: number
    }
    if (order.expect !== undefined) {
      expected = order.expect
      received = 0
      socket.send('{}')
    }
    if (order.send !== undefined) void sendBytes(socket, order.send, order.frameBytes ?? 65_536)
  })
}

/** Frames of the same size, at most about 1 MiB of them queued in the process. */
async function sendBytes(socket: WebSocket, bytes: number, frameBytes: number): Promise<void> {
  const frame = Buffer.alloc(frameBytes, 0x2e)
  for (let sent = 0; sent < bytes; sent += frameBytes) {
    const isFull = socket.bufferedAmount > 2 ** 20
    if (isFull) await new Promise((resolve) => socket.send(frame, resolve))
    else socket.send(frame)
  }
}

serveJobs(
  {
    address: () => Promise.resolve({ url: `ws://127.0.0.1:${port}/` }),
    /** The other limit: the same bytes into a new file, from one buffer, synced at the end. */
    writeFile: async ({ bytes }: { bytes: number }) => {
      const parent = process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
      const directory = await mkdtemp(join(parent, 'tailrace-bench-'))
      const chunk = Buffer.alloc(2 ** 20, 0x2e)
      const timing = await timed(async () => {
        const file = await open(join(directory, 'bytes'), 'w')
        for (let written = 0; written < bytes; written += chunk.length) await file.write(chunk)
        await file.datasync()
        await file.close()
      })
      await rm(directory, { recursive: true })
      return timing
    },
    /** From now on `/relay` writes what it is sent into a new file. */
    prepareFile: async ({ bytes }: { bytes: number }) => {
      relay.file = await RecordFile.prepare(bytes)
      return {}
    },
    /** Fails unless just these records are in the file, and removes it. */
    checkFile: async ({ records, sizeBytes }: { records: number; sizeBytes: number }) => {
      if (relay.file === undefined) throw new Error('no file was prepared')
      const record = new RecordTemplate(sizeBytes)
      relay.file.check(records, (number) => record.numbered(number))
      await relay.file.remove()
      relay.file = undefined
      return {}
    },
    counters: () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve({ cpuSeconds: (user + system) / 1e6, syncs: 0 })
    },
  },
  () => {
    http.closeAllConnections()
    return Promise.resolve()
  },
)
