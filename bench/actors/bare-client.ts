/** The limit: a bare `ws` client that moves as many bytes as the run it is compared with. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { serveJobs, timed } from '../harness/actor.js'

interface BytesJob {
  readonly url: string
  readonly bytes: number
  readonly frameBytes: number
}

interface ReplayJob extends BytesJob {
  /** Over which the bytes are spread. */
  readonly sockets?: number
}

serveJobs(
  {
    publish: async ({ url, bytes, frameBytes }: BytesJob) => {
      const socket = await open(url)
      socket.send(JSON.stringify({ expect: bytes }))
      await once(socket, 'message')
      const frame = Buffer.alloc(frameBytes, 0x2e)
      const timing = await timed(async () => {
        const done = once(socket, 'message')
        for (let sent = 0; sent < bytes; sent += frameBytes) {
          const isFull = socket.bufferedAmount > 2 ** 20
          // A fresh copy per frame, because the mask is applied in place, as to a producer's batch.
          if (isFull) await new Promise((resolve) => socket.send(Buffer.from(frame), resolve))
          else socket.send(Buffer.from(frame))
        }
        await done
      })
      socket.terminate()
      return timing
    },
    replay: async ({ url, bytes, frameBytes, sockets: count = 1 }: ReplayJob) => {
      const sockets = await Promise.all(Array.from({ length: count }, () => open(url)))
      const share = Math.ceil(bytes / count)
      const timing = await timed(async () => {
        await Promise.all(sockets.map((socket) => receive(socket, share, frameBytes)))
      })
      for (const socket of sockets) socket.terminate()
      return timing
    },
  },
  () => Promise.resolve(),
)

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 27 })
  await once(socket, 'open')
  return socket
}

/** Has the server send so much, and resolves when it has come. */
async function receive(socket: WebSocket, bytes: number, frameBytes: number): Promise<void> {
  let received = 0
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      received += data.length
      if (received >= bytes) resolve()
    })
  })
  socket.send(JSON.stringify({ send: bytes, frameBytes }))
  await done
}
