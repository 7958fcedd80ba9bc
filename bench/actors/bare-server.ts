/**
 * The limit: a bare `ws` server. Counts what it is sent, or sends as much as it is asked for, and does
 * nothing else with the bytes.
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

const http = createServer()
const server = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 2 ** 27 })
http.listen(0, '127.0.0.1')
await once(http, 'listening')
const { port } = http.address() as AddressInfo

server.on('connection', (socket) => {
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
})

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
