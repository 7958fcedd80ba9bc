/**
 * The reader beside `ws` against `ws` alone: whatever frames come, cut wherever, the messages are the
 * same and in the same order.
 */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'

import { crc32 } from '@tailrace/format'
import { applyMask } from '@tailrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as ws from 'ws'

import type { LentReads, ReadListener } from '../../../src/io/lent-reads.js'
import { MESSAGE_BUFFER_BYTES, MessageBuffers } from '../../../src/session/message-buffers.js'
import { MessageReader } from '../../../src/session/message-reader.js'

const TEXT = 1
const BINARY = 2
const CONTINUATION = 0
const CLOSE = 8
const PING = 9
const PONG = 10
const FINAL = 0x80

const READ_BYTES = 64 * 1024
const PATTERN = Buffer.from(Array.from({ length: 89 }, (_, at) => 33 + at))

interface FrameShape {
  readonly opcode: number
  readonly isFinal?: boolean
  readonly length: number
  readonly key?: number
  readonly isMasked?: boolean
  readonly reservedBits?: number
}

/** A frame as a client sends it; its payload counts up from its length. */
function frame(shape: FrameShape): Buffer {
  const { opcode, isFinal = true, length, key = 0x0badf00d, isMasked = true } = shape
  const lengthBytes = length < 126 ? 0 : length <= 0xffff ? 2 : 8
  const header = Buffer.alloc(2 + lengthBytes + (isMasked ? 4 : 0))
  header[0] = (isFinal ? FINAL : 0) | (shape.reservedBits ?? 0) | opcode
  header[1] = (isMasked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) header.writeUInt16BE(length, 2)
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2)
  const body = payload(length)
  if (isMasked) {
    header.writeInt32LE(key | 0, 2 + lengthBytes)
    applyMask(body, key)
  }
  return Buffer.concat([header, body])
}

function payload(length: number): Buffer {
  const start = length % PATTERN.length
  return Buffer.alloc(length, Buffer.concat([PATTERN.subarray(start), PATTERN.subarray(0, start)]))
}

/** `ws`'s receiving half, which the types leave out. */
interface ReceiverOf extends NodeJS.WritableStream {
  on(event: string, listener: (...values: never[]) => void): this
}
const { Receiver } = ws as unknown as { Receiver: new (options: object) => ReceiverOf }

/**
 * Reads that are lent, and overwritten when they were heard: whoever keeps a view of one hears nonsense.
 * `take` takes the place of the socket's own reading.
 */
function overwrittenReads() {
  const memory = Buffer.alloc(READ_BYTES)
  let listener: ReadListener | undefined
  const lendTo = (_: Socket, onRead: ReadListener): boolean => {
    listener = onRead
    return true
  }
  const take = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += READ_BYTES) {
      const length = bytes.copy(memory, 0, at, at + READ_BYTES)
      listener?.(memory.subarray(0, length))
      memory.fill(0xee)
    }
  }
  return { reads: { lendTo } as unknown as LentReads, take }
}

interface Setting {
  readonly hasReader: boolean
  readonly reads?: LentReads
  readonly isOpen?: () => boolean
  readonly keeps?: (message: Uint8Array) => boolean
}

/** A socket with `ws` on it, with or without the reader before it, and what came out. */
function listen({ hasReader, reads, isOpen = () => true, keeps = () => false }: Setting) {
  const heard: string[] = []
  const byReader: Uint8Array[] = []
  const note = (kind: string, data: Uint8Array): void => {
    heard.push(`${kind} ${data.length} ${crc32(data)}`)
  }
  const socket = new PassThrough()
  const payloadBytesMax = 2 * MESSAGE_BUFFER_BYTES
  const receiver = new Receiver({ isServer: true, maxPayload: payloadBytesMax })
  const onData = (chunk: Buffer): void => void receiver.write(chunk)
  socket.on('data', onData)
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    note(isBinary ? 'binary' : 'text', data)
  })
  receiver.on('ping', (data: Buffer) => note('ping', data))
  receiver.on('pong', (data: Buffer) => note('pong', data))
  receiver.on('conclude', (code: number) => {
    heard.push(`close ${code}`)
    socket.off('data', onData)
  })
  receiver.on('error', (error: Error) => {
    heard.push(`error ${error.message}`)
    socket.off('data', onData)
  })
  const buffers = new MessageBuffers()
  if (hasReader) {
    const reader = new MessageReader({
      socket: socket as unknown as Socket,
      buffers,
      payloadBytesMax,
      isOpen,
      onMessage: (message) => {
        note('binary', message)
        byReader.push(message)
        return keeps(message)
      },
    })
    if (reads !== undefined) reader.shareReads(reads)
  }
  return { socket, heard, byReader }
}

/** Writes the bytes in pieces that end at these fractions. */
async function write(socket: PassThrough, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  await feed(socket, { bytes, cuts, take: (piece) => void socket.write(piece) })
}

/** The same with another way into the socket. */
async function feed(
  socket: PassThrough,
  {
    bytes,
    cuts,
    take,
  }: {
    readonly bytes: Buffer
    readonly cuts: readonly number[]
    readonly take: (piece: Buffer) => void
  },
): Promise<void> {
  const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length]
  let at = 0
  for (const end of ends.sort((left, right) => left - right)) {
    take(bytes.subarray(at, end))
    at = end
  }
  socket.end()
  await once(socket, 'end')
}

const length = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1024, max: 5000 }) },
  { weight: 1, arbitrary: fc.nat(130) },
  { weight: 1, arbitrary: fc.integer({ min: 65_530, max: 65_540 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: MESSAGE_BUFFER_BYTES - 2, max: MESSAGE_BUFFER_BYTES + 2 }),
  },
)
const key = fc.integer()
const data = fc.record({ opcode: fc.constantFrom(TEXT, BINARY, BINARY), length, key })
const control = fc.record({ opcode: fc.constantFrom(PING, PONG), length: fc.nat(125), key })
const fragmented = fc
  .tuple(fc.constantFrom(TEXT, BINARY), fc.array(length, { minLength: 2, maxLength: 4 }), control)
  .map(([opcode, lengths, between]) =>
    lengths.flatMap((each, at): FrameShape[] => [
      {
        opcode: at === 0 ? opcode : CONTINUATION,
        isFinal: at === lengths.length - 1,
        length: each,
      },
      ...(at === 0 ? [between] : []),
    ]),
  )
const wrong = fc.constantFrom<FrameShape>(
  { opcode: BINARY, length: 2000, isMasked: false },
  { opcode: BINARY, length: 2000, reservedBits: 0x20 },
  { opcode: BINARY, length: 2000, reservedBits: 0x40 },
  { opcode: 3, length: 2000 },
  { opcode: CONTINUATION, length: 2000 },
  { opcode: PING, length: 200 },
  { opcode: BINARY, length: 2 * MESSAGE_BUFFER_BYTES + 1 },
  { opcode: CLOSE, length: 0 },
)
const frames = fc
  .array(fc.oneof(fc.array(data, { maxLength: 3 }), fc.tuple(control), fragmented), {
    maxLength: 8,
  })
  .map((groups) => groups.flat())

describe('the reader beside ws', () => {
  test('hears what ws alone hears', async () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
    const end = fc.option(fc.tuple(wrong, frames), { nil: undefined })
    let byReader = 0
    await fc.assert(
      fc.asyncProperty(frames, end, cuts, async (before, [bad, after] = [], at) => {
        const shapes = bad === undefined ? before : [...before, bad, ...(after ?? [])]
        const bytes = Buffer.concat(shapes.map(frame))
        const alone = listen({ hasReader: false })
        const beside = listen({ hasReader: true })
        const { reads, take } = overwrittenReads()
        const lent = listen({ hasReader: true, reads })
        // `ws` unmasks in place.
        await write(alone.socket, Buffer.from(bytes), at)
        await write(beside.socket, Buffer.from(bytes), at)
        await feed(lent.socket, { bytes, cuts: at, take })
        expect(beside.heard).toEqual(alone.heard)
        expect(lent.heard).toEqual(alone.heard)
        byReader += beside.byReader.length
      }),
      { numRuns: 150 },
    )
    expect(byReader).toBeGreaterThan(30)
  }, 60_000)

  test('hears it whole when every byte comes alone', async () => {
    const shapes: FrameShape[] = [
      { opcode: PING, length: 3 },
      { opcode: BINARY, length: 1024 },
      { opcode: BINARY, length: 1023 },
      { opcode: BINARY, length: 1500 },
      { opcode: TEXT, length: 1500 },
      { opcode: BINARY, length: 1025 },
      { opcode: CLOSE, length: 0 },
      { opcode: BINARY, length: 1026 },
    ]
    const bytes = Buffer.concat(shapes.map(frame))
    const cuts = Array.from({ length: bytes.length }, (_, at) => at / bytes.length)
    const { socket, heard, byReader } = listen({ hasReader: true })
    await write(socket, bytes, cuts)
    const kinds = heard.map((line) => line.split(' ').slice(0, 2).join(' '))
    expect(kinds).toEqual([
      'ping 3',
      'binary 1024',
      'binary 1023',
      'binary 1500',
      'text 1500',
      'binary 1025',
      'close 1005',
    ])
    expect(byReader.map(({ length: each }) => each)).toEqual([1024, 1023, 1500])
  })

  test('leaves messages to ws until they are welcome', async () => {
    const shapes = [1000, 4000, 4001].map((each) => ({ opcode: BINARY, length: each }))
    let askedCount = 0
    const isOpen = (): boolean => (askedCount += 1) > 1
    const { socket, heard, byReader } = listen({ hasReader: true, isOpen })
    await write(socket, Buffer.concat(shapes.map(frame)), [])
    expect(heard.length).toBe(3)
    expect(byReader.map(({ length: each }) => each)).toEqual([4000, 4001])
  })

  test('a short message has memory of its own, of its own size', async () => {
    const lengths = [1023, 1, 1022, 1024, 1023]
    const bytes = Buffer.concat(lengths.map((each) => frame({ opcode: BINARY, length: each })))
    const { socket, heard, byReader } = listen({ hasReader: true, keeps: () => true })
    await write(socket, bytes, [0.3])
    expect(heard.length).toBe(5)
    for (const [at, each] of lengths.entries()) {
      expect(Buffer.from(byReader[at] ?? [])).toEqual(payload(each))
      const isLent = byReader[at]?.buffer.byteLength === MESSAGE_BUFFER_BYTES
      expect(isLent).toBe(each >= 1024)
    }
  })

  test('an empty message is left to ws', async () => {
    const bytes = Buffer.concat([0, 2, 0].map((each) => frame({ opcode: BINARY, length: each })))
    const { socket, heard, byReader } = listen({ hasReader: true })
    await write(socket, bytes, [])
    expect(heard.map((line) => line.split(' ')[1])).toEqual(['0', '2', '0'])
    expect(byReader.length).toBe(1)
  })

  test('uses its memory again, except what is kept', async () => {
    const bytes = Buffer.concat(
      [2000, 2001, 2002, 2003].map((each) => frame({ opcode: BINARY, length: each })),
    )
    const keeps = (message: Uint8Array): boolean => message.length === 2001
    const { socket, byReader } = listen({ hasReader: true, keeps })
    await write(socket, bytes, [])
    const [first, kept, third, fourth] = byReader
    expect(kept?.buffer).toBe(first?.buffer)
    expect(third?.buffer).not.toBe(kept?.buffer)
    expect(fourth?.buffer).toBe(third?.buffer)
    expect(Buffer.from(kept ?? [])).toEqual(payload(2001))
  })
})
