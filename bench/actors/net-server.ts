/** The limit of a socket: a server that takes or sends frames over bare TCP and does nothing else. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { serveJobs } from '../harness/actor.js'
import { ORDER_BYTES, decodeOrder, receiveFrames, sendFrames } from './net-frames.js'

const server = createServer({ noDelay: true }, (socket) => {
  // A client that fails ends the run; there is nobody here to tell.
  serve(socket).catch(() => socket.destroy())
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

async function serve(socket: Socket): Promise<void> {
  const [first] = (await once(socket, 'data')) as [Buffer]
  // The client waits for the answer to its order, so it is the whole of what has come.
  if (first.length !== ORDER_BYTES) throw new Error(`an order of ${first.length} bytes`)
  const order = decodeOrder(first)
  if (order.sender === 'server') {
    await sendFrames(socket, order)
    return
  }
  const received = receiveFrames(socket, order)
  socket.write('.')
  await received
  socket.write('.')
}

serveJobs(
  {
    address: () => Promise.resolve({ url: String(port) }),
    counters: () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve({ cpuSeconds: (user + system) / 1e6, syncs: 0 })
    },
  },
  () => {
    server.close()
    return Promise.resolve()
  },
)
