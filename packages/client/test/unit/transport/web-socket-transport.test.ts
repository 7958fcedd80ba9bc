import { beforeEach, expect, test } from 'vitest'

import type { Transport } from '../../../src/transport/transport.js'
import { adoptWebSocket, type WebSocketLike } from '../../../src/transport/web-socket-transport.js'
import { FakeClock } from '../../support/fake-clock.js'

class FakeWebSocket implements WebSocketLike {
  binaryType = 'blob'
  readyState = 0
  protocol = ''
  bufferedAmount = 0
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  readonly sent: unknown[] = []
  readonly closed: unknown[] = []

  send(data: Uint8Array): void {
    this.sent.push(data)
    this.bufferedAmount += data.byteLength
  }

  close(...args: unknown[]): void {
    this.closed.push(args)
  }

  fire(name: 'onopen' | 'onmessage' | 'onerror' | 'onclose', event: object = {}): void {
    this[name]?.(event as never)
  }
}

let clock: FakeClock
let socket: FakeWebSocket
let events: unknown[]
let transport: Transport

beforeEach(() => {
  clock = new FakeClock()
  socket = new FakeWebSocket()
  events = []
  transport = adoptWebSocket(socket, {
    url: 'ws://x',
    subprotocol: 'tailrace.v1',
    clock,
    events: {
      onOpen: (subprotocol) => events.push(['open', subprotocol]),
      onMessage(bytes) {
        events.push(['message', ...bytes])
        return false
      },
      onText: () => events.push('text'),
      onDrain: () => events.push('drain'),
      onClose: (close) => events.push(['close', close]),
    },
  })
})

function open(): void {
  socket.readyState = 1
  socket.protocol = 'tailrace.v1'
  socket.fire('onopen')
}

test('asks for array buffers and passes messages on', () => {
  expect(socket.binaryType).toBe('arraybuffer')
  open()
  socket.fire('onmessage', { data: new Uint8Array([1, 2]).buffer })
  socket.fire('onmessage', { data: 'text' })
  expect(events).toEqual([['open', 'tailrace.v1'], ['message', 1, 2], 'text'])
})

test('sends only while open', () => {
  transport.send(new Uint8Array(1))
  expect(socket.sent).toHaveLength(0)
  open()
  transport.cork()
  transport.send(new Uint8Array(1))
  transport.uncork()
  expect(socket.sent).toHaveLength(1)
  expect(transport.bufferedBytes).toBe(1)
})

test('notices that bytes have gone out, and then looks no more', () => {
  open()
  transport.send(new Uint8Array(100))
  clock.advance(20)
  expect(events).toHaveLength(1)
  socket.bufferedAmount = 40
  clock.advance(4)
  expect(events.slice(1)).toEqual(['drain'])
  socket.bufferedAmount = 0
  clock.advance(4)
  expect(events.slice(1)).toEqual(['drain', 'drain'])
  expect(clock.timerCount).toBe(0)
})

test('names the close code only where a page may', () => {
  transport.close(1000, 'bye')
  transport.close(1002, 'no')
  transport.terminate()
  expect(socket.closed).toEqual([[1000, 'bye'], [], []])
})

test('reports the end once, with the error if there was one', () => {
  open()
  transport.send(new Uint8Array(100))
  const error = new Error('broken')
  socket.fire('onerror', { error })
  socket.fire('onclose', { code: 1006, reason: '' })
  socket.fire('onclose', { code: 1000, reason: '' })
  transport.close(1000, '')
  expect(events.slice(1)).toEqual([['close', { code: 1006, reason: '', error }]])
  expect(socket.closed).toEqual([])
  expect(clock.timerCount).toBe(0)
})

test('makes do without code, reason and error', () => {
  socket.fire('onclose')
  expect(events).toEqual([['close', { code: 1006, reason: '' }]])
})
