/** What `ws` reads of the frames that are masked here. */

import { once } from 'node:events'
import type { Socket } from 'node:net'

import { expect, test } from 'vitest'
import * as ws from 'ws'

import { MaskedFrames } from '../../../src/transport/masked-frames-node.js'

/** `ws`'s receiving half, which the types leave out. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: object) => NodeJS.WritableStream
}

function message(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 256)
}

/** Everything written, and a way to say that the socket has taken it. */
function setUp() {
  const written: Buffer[] = []
  const taken: (() => void)[] = []
  const socket = {
    write: (bytes: Buffer, onTaken: () => void) => {
      written.push(bytes)
      taken.push(onTaken)
    },
  }
  return { frames: new MaskedFrames(socket as unknown as Socket), written, taken }
}

test('are the messages, whatever their length, and differ on the wire', async () => {
  const { frames, written } = setUp()
  const lengths = [1024, 1025, 65_535, 65_536, 65_537, 80 * 1024, 300_001]
  const heard: Uint8Array[] = []
  const receiver = new Receiver({ isServer: true, maxPayload: 0 })
  receiver.on('message', (data: Uint8Array) => heard.push(Uint8Array.from(data)))
  for (const length of lengths) {
    const bytes = message(length)
    frames.send(bytes)
    expect(bytes).toEqual(message(length))
    // As the caller may, at once.
    bytes.fill(0)
  }
  for (const bytes of written) receiver.write(Buffer.from(bytes))
  receiver.end()
  await once(receiver, 'finish')
  expect(heard).toEqual(lengths.map(message))
})

test('have keys of their own', () => {
  const { frames, written } = setUp()
  for (let count = 0; count < 3000; count += 1) frames.send(message(1024))
  const keys = written.map((bytes) => bytes.readUInt32LE(4))
  expect(new Set(keys).size).toBeGreaterThan(2990)
})

test('lie in memory that is used again once the socket has taken them, and not before', () => {
  const { frames, written, taken } = setUp()
  frames.send(message(2000))
  frames.send(message(2001))
  expect(written[1]?.buffer).not.toBe(written[0]?.buffer)
  taken[0]?.()
  frames.send(message(2002))
  expect(written[2]?.buffer).toBe(written[0]?.buffer)
})

test('use their memory again at once when the kernel took everything', () => {
  const written: Buffer[] = []
  const taken: (() => void)[] = []
  const socket = {
    writableLength: 0,
    write(bytes: Buffer, onTaken: () => void) {
      written.push(bytes)
      taken.push(onTaken)
    },
  }
  const frames = new MaskedFrames(socket as unknown as Socket)
  frames.send(message(2000))
  frames.send(message(2001))
  expect(written[1]?.buffer).toBe(written[0]?.buffer)
  // What it says later is no news.
  for (const say of taken) say()
  socket.writableLength = 2001
  frames.send(message(2002))
  frames.send(message(2003))
  expect(written[2]?.buffer).toBe(written[0]?.buffer)
  expect(written[3]?.buffer).not.toBe(written[2]?.buffer)
})

test('that wait do not each take the memory of a batch', () => {
  const { frames, written, taken } = setUp()
  for (let count = 0; count < 100; count += 1) frames.send(message(2000))
  const sizes = written.map(({ buffer }) => buffer.byteLength)
  expect(sizes.slice(0, 17)).toEqual(Array.from({ length: 17 }, () => 80 * 1024))
  expect(Math.max(...sizes.slice(17))).toBeLessThan(2100)
  // Of those none is kept; the others are used again.
  for (const say of taken.splice(0)) say()
  for (let count = 0; count < 18; count += 1) frames.send(message(2000))
  const again = new Set(written.slice(100).map(({ buffer }) => buffer))
  const first = new Set(written.slice(0, 17).map(({ buffer }) => buffer))
  expect([...again].filter((buffer) => first.has(buffer))).toHaveLength(17)
})
