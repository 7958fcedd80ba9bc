/** The limit of a socket: a client that sends or takes frames over bare TCP. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { serveJobs, timed } from '../harness/actor.js'
import type { Timing } from '../harness/actor.js'
import { encodeOrder, receiveFrames, sendFrames } from './net-frames.js'
import type { Order } from './net-frames.js'

interface FramesJob {
  readonly url: string
  readonly bytes: number
  readonly frameBytes: number
}

serveJobs(
  {
    publish: (job: FramesJob) =>
      run(job, 'client', async (socket, order) => {
        socket.write(encodeOrder(order))
        await once(socket, 'data')
        return timed(async () => {
          const taken = once(socket, 'data')
          await sendFrames(socket, order)
          await taken
        })
      }),
    replay: (job: FramesJob) =>
      run(job, 'server', (socket, order) =>
        timed(async () => {
          const received = receiveFrames(socket, order)
          socket.write(encodeOrder(order))
          await received
        }),
      ),
  },
  () => Promise.resolve(),
)

async function run(
  { url, bytes, frameBytes }: FramesJob,
  sender: Order['sender'],
  work: (socket: Socket, order: Order) => Promise<Timing>,
): Promise<Timing> {
  const socket = connect({ port: Number(url), host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  try {
    return await work(socket, { sender, frames: Math.ceil(bytes / frameBytes), frameBytes })
  } finally {
    socket.destroy()
  }
}
