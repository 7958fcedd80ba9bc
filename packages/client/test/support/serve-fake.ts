/** The fake server on a real socket. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { SUBPROTOCOL } from '@tailrace/protocol'

import { FakeServer } from './fake-server.js'

/** A fake server that listens, until it is disposed of. */
export interface ServedFake extends AsyncDisposable {
  readonly server: FakeServer
  readonly url: string
  readonly port: number
}

/** Listens on a free port, or on the given one. */
export async function serveFake(server = new FakeServer(), port = 0): Promise<ServedFake> {
  const webSockets = new WebSocketServer({
    host: '127.0.0.1',
    port,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  })
  webSockets.on('connection', (socket) => {
    const connection = server.accept({
      send: (frame) => socket.send(frame),
      close: (code) => socket.close(code),
      terminate: () => socket.terminate(),
    })
    socket.on('message', (data) => connection.receive(data as Buffer))
    socket.on('close', () => connection.closed())
  })
  await once(webSockets, 'listening')
  const address = webSockets.address() as AddressInfo
  return {
    server,
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of webSockets.clients) socket.terminate()
      const closed = once(webSockets, 'close')
      webSockets.close()
      await closed
    },
  }
}
