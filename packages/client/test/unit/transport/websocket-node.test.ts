/** The transport over a real socket, which takes less than is sent. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'

import { systemClock } from '../../../src/io/clock.js'
import { openWebSocket } from '../../../src/transport/websocket-node.js'

const MESSAGE_BYTES = 64 * 1024
const MESSAGE_COUNT = 600
/** Above it nothing more is sent until something has drained, as producers do. */
const QUEUED_BYTES_MAX = 1024 * 1024
/** As many messages as that is, and the one that goes beyond it. */
const BUFFER_COUNT = QUEUED_BYTES_MAX / MESSAGE_BYTES + 1

test('says that the socket has drained when the memory of what it took can be used again', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  let receivedCount = 0
  const received = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('message', () => {
        receivedCount += 1
        if (receivedCount === MESSAGE_COUNT) resolve()
      })
    })
  })
  const buffers = vi.spyOn(Buffer, 'allocUnsafeSlow')
  const message = new Uint8Array(MESSAGE_BYTES)
  let sentCount = 0
  let drainCount = 0
  const fill = (): void => {
    while (transport.bufferedBytes < QUEUED_BYTES_MAX && sentCount < MESSAGE_COUNT) {
      transport.send(message)
      sentCount += 1
    }
  }
  const heard: string[] = []
  let onClosed = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve
  })
  const { port } = server.address() as AddressInfo
  const transport = openWebSocket({
    url: `ws://127.0.0.1:${port}/`,
    subprotocol: 'any',
    clock: systemClock,
    events: {
      onOpen: fill,
      onMessage: () => heard.push('message') > 0,
      onText: () => heard.push('text'),
      onDrain: () => {
        drainCount += 1
        fill()
      },
      onClose: () => onClosed(),
    },
  })
  await received
  const largeCount = buffers.mock.calls.filter(([size]) => size >= MESSAGE_BYTES).length
  buffers.mockRestore()
  transport.close(1000, '')
  await closed
  server.close()
  await once(server, 'close')
  expect(heard).toEqual([])
  // Otherwise the socket never was full, and this test has shown nothing.
  expect(drainCount).toBeGreaterThan(1)
  expect(largeCount).toBeLessThanOrEqual(BUFFER_COUNT)
})
