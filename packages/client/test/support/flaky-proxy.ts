/**
 * A TCP proxy that breaks connections at seeded places.
 *
 * Each connection may carry a number of bytes, both directions counted, drawn from the seed; then both
 * its sockets are destroyed, wherever in a frame or a handshake that is. What the kernel held is lost, as
 * with a pulled cable. `heal` ends that: connections made afterwards stay.
 */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface FlakyProxy extends AsyncDisposable {
  readonly url: string
  /** Connections broken so far. */
  readonly breakCount: number
  /** Breaks no further connections. */
  heal(): void
  /** Breaks all connections now. */
  breakAll(): void
}

export interface FlakyProxyOptions {
  readonly targetPort: number
  readonly random: () => number
  /** Bytes that a connection carries at most. */
  readonly bytesMax: number
}

export async function startFlakyProxy(options: FlakyProxyOptions): Promise<FlakyProxy> {
  const { targetPort, random, bytesMax } = options
  const sockets = new Set<Socket>()
  let breakCount = 0
  let isHealed = false

  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    let allowance = Math.floor(random() * bytesMax)
    const end = (): void => {
      client.destroy()
      target.destroy()
    }
    const carry = (chunk: Buffer, to: Socket): void => {
      if (!isHealed && chunk.byteLength > allowance) {
        breakCount += 1
        // A part of the chunk still gets through.
        to.write(chunk.subarray(0, allowance), end)
        allowance = 0
        return
      }
      allowance -= chunk.byteLength
      to.write(chunk)
    }
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => carry(chunk, to))
      from.on('error', end)
      from.on('close', () => {
        sockets.delete(from)
        end()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    get breakCount() {
      return breakCount
    },
    heal: () => {
      isHealed = true
    },
    breakAll,
    async [Symbol.asyncDispose]() {
      breakAll()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
