/**
 * The reader beside `ws` against `ws` alone: whatever frames come, cut wherever, the messages are the
 * same and in the same order.
 */

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

import { crc32 } from '@tailrace/format'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as ws from 'ws'

import {
  MESSAGE_BYTES_MAX,
  MessageReader,
  VIEW_BYTES_MIN,
} from '../../../src/transport/message-reader-node.js'

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10
const FINAL = 0x80
const PAGE_BYTES = 1024 * 1024
const LENDING_BYTES = 256 * 1024
const HEADER_BYTES_MAX = 10
const MASKED = 0x80
const PAYLOAD_BYTES_MAX = 2 * MESSAGE_BYTES_MAX

interface FrameShape {
  readonly opcode: number
  readonly length: number
  readonly isFinal?: boolean
  readonly isMasked?: boolean
  readonly reservedBits?: number
}

/** A frame as a server sends it; its payload depends on its length, and is text. */
function frame({
  opcode,
  length,
  isFinal = true,
  isMasked = false,
  reservedBits = 0,
}: FrameShape): Buffer {
  const lengthBytes = length < 126 ? 0 : length <= 0xffff ? 2 : 8
  const header = Buffer.alloc(2 + lengthBytes + (isMasked ? 4 : 0))
  header[0] = (isFinal ? FINAL : 0) | reservedBits | opcode
  header[1] = (isMasked ? MASKED : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) header.writeUInt16BE(length, 2)
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2)
  const body = Buffer.alloc(length, Buffer.from(Array.from({ length: 89 }, (_, at) => 33 + at)))
  if (length > 0) body[0] = 33 + (length % 89)
  return Buffer.concat([header, body])
}

/** `ws`'s receiving half, which the types leave out. */
interface ReceiverOf extends NodeJS.WritableStream {
  on(event: string, listener: (...values: never[]) => void): this
}
const { Receiver } = ws as unknown as { Receiver: new (options: object) => ReceiverOf }

let server: ReturnType<typeof createServer>
let port: number

beforeAll(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.close()
})

/** How fast bytes seem to come, which decides what memory they are read into. */
const PACES = ['fast', 'slow', 'varying'] as const
type Pace = (typeof PACES)[number]

function clockOf(pace: Pace): { elapsedMs(): number } {
  let nowMs = 0
  let isLate = false
  return {
    elapsedMs() {
      isLate = !isLate
      if (pace === 'slow' || (pace === 'varying' && isLate)) nowMs += 1000
      return nowMs
    },
  }
}

/** A connection with `ws` on it, with or without the reader before it, and what came out. */
async function listen(hasReader: boolean, pace: Pace, isGivenBack: (at: number) => boolean) {
  const heard: string[] = []
  const byReader: Uint8Array[] = []
  const givenBack: Uint8Array[] = []
  const kept: { readonly bytes: Uint8Array; readonly crc: number }[] = []
  const note = (kind: string, data: Uint8Array): void => {
    heard.push(`${kind} ${data.length} ${crc32(data)}`)
  }
  const reader = new MessageReader({
    payloadBytesMax: PAYLOAD_BYTES_MAX,
    clock: clockOf(pace),
    onMessage(bytes) {
      note('binary', bytes)
      byReader.push(bytes)
      if (isGivenBack(byReader.length - 1)) {
        givenBack.push(bytes)
        return true
      }
      kept.push({ bytes, crc: crc32(bytes) })
      return false
    },
  })
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = reader.connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const [peer] = await accepted
  peer.setNoDelay()
  const receiver = new Receiver({ isServer: false, maxPayload: PAYLOAD_BYTES_MAX })
  const onData = (chunk: Buffer): void => {
    if (!receiver.write(chunk)) socket.pause()
  }
  receiver.on('drain', () => void socket.resume())
  socket.on('data', onData)
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    note(isBinary ? 'binary' : 'text', data)
  })
  receiver.on('ping', (data: Buffer) => note('ping', data))
  receiver.on('pong', (data: Buffer) => note('pong', data))
  for (const event of ['conclude', 'error']) {
    receiver.on(event, (outcome: number | Error) => {
      heard.push(outcome instanceof Error ? `error ${outcome.message}` : `close ${outcome}`)
      socket.off('data', onData)
      socket.resume()
    })
  }
  if (hasReader) reader.start()
  return { socket, peer, heard, byReader, givenBack, kept }
}

type Listening = Awaited<ReturnType<typeof listen>>

/** Writes the bytes in pieces that end at these fractions, each when the one before was taken. */
async function write({ socket, peer }: Listening, bytes: Buffer, cuts: readonly number[]) {
  const ended = once(socket, 'end')
  const ends = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length]
  let at = 0
  for (const end of ends.sort((left, right) => left - right)) {
    const piece = bytes.subarray(at, end)
    await new Promise((resolve) => peer.write(piece, resolve))
    at = end
  }
  peer.end()
  await ended
  socket.destroy()
}

interface HearOptions {
  readonly hasReader?: boolean
  readonly pace?: Pace
  /** Whether the message with this number is given back at once. */
  readonly isGivenBack?: (at: number) => boolean
}

async function hear(
  shapes: readonly FrameShape[],
  cuts: readonly number[],
  { hasReader = true, pace = 'slow', isGivenBack = () => false }: HearOptions = {},
) {
  const listening = await listen(hasReader, pace, isGivenBack)
  await write(listening, Buffer.concat(shapes.map(frame)), cuts)
  return listening
}

const length = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 126, max: 5000 }) },
  { weight: 1, arbitrary: fc.nat(130) },
  { weight: 1, arbitrary: fc.integer({ min: 65_530, max: 65_540 }) },
  { weight: 1, arbitrary: fc.integer({ min: VIEW_BYTES_MIN - 2, max: VIEW_BYTES_MIN + 2 }) },
  { weight: 2, arbitrary: fc.integer({ min: 200_000, max: 270_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: MESSAGE_BYTES_MAX - 2, max: MESSAGE_BYTES_MAX + 2 }) },
)
const message = fc.record({ opcode: fc.constant(BINARY), length })
const control = fc.record({ opcode: fc.constantFrom(PING, PONG), length: fc.nat(125) })
const fragmented = fc
  .tuple(fc.array(length, { minLength: 2, maxLength: 4 }), control)
  .map(([lengths, between]) =>
    lengths.flatMap((each, at): FrameShape[] => [
      {
        opcode: at === 0 ? BINARY : CONTINUATION,
        isFinal: at === lengths.length - 1,
        length: each,
      },
      ...(at === 0 ? [between] : []),
    ]),
  )
const odd = fc.constantFrom<FrameShape>(
  { opcode: TEXT, length: 70_000 },
  { opcode: CLOSE, length: 0 },
  { opcode: BINARY, length: 3000, reservedBits: 0x40 },
  { opcode: BINARY, length: 3000, isMasked: true },
  { opcode: CONTINUATION, length: 3000 },
  { opcode: PING, length: 126 },
  { opcode: PING, length: 5, isFinal: false },
  { opcode: 3, length: 3 },
  { opcode: BINARY, length: PAYLOAD_BYTES_MAX + 1 },
)
const frames = fc
  .array(fc.oneof(message, message, message, control, fragmented, odd), {
    minLength: 1,
    maxLength: 14,
  })
  .map((shapes) => shapes.flat())
const good = fc.array(fc.oneof(message, message, control), { minLength: 1, maxLength: 14 })
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })

describe('the reader beside ws', () => {
  test.each([
    ['frames that are right', good],
    ['any frames', frames],
  ])(
    'hears what ws alone hears: %s',
    async (_, shapes) => {
      await fc.assert(
        fc.asyncProperty(shapes, cuts, fc.constantFrom(...PACES), async (sent, at, pace) => {
          const beside = await hear(sent, at, { pace })
          expect(beside.heard).toEqual((await hear(sent, at, { hasReader: false })).heard)
        }),
        { numRuns: 50 },
      )
    },
    60_000,
  )

  test('changes no message that was kept, whatever was given back in between', async () => {
    const returns = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 })
    const course = fc.record({ sent: good, at: cuts, pace: fc.constantFrom(...PACES), returns })
    await fc.assert(
      fc.asyncProperty(course, async ({ sent, at, pace, returns: back }) => {
        const isGivenBack = (number: number): boolean => back[number % back.length] === true
        const { heard, kept } = await hear(sent, at, { pace, isGivenBack })
        expect(heard).toEqual((await hear(sent, at, { hasReader: false })).heard)
        for (const { bytes, crc } of kept) expect(crc32(bytes)).toBe(crc)
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  test.each(PACES)('reads into one page what is given back at once: %s', async (pace) => {
    const shapes = Array.from({ length: 200 }, () => ({ opcode: BINARY, length: 50_000 }))
    const { givenBack } = await hear(shapes, [], { pace, isGivenBack: () => true })
    expect(givenBack).toHaveLength(200)
    // The first is a copy, a page of another size may come before: what follows is in one and the same.
    expect(new Set(givenBack.slice(20).map(({ buffer }) => buffer)).size).toBe(1)
    expect(givenBack[20]?.buffer.byteLength).toBe(LENDING_BYTES)
  })

  test('reads on into other memory when one message is not given back', async () => {
    const shapes = Array.from({ length: 60 }, (_, at) => ({ opcode: BINARY, length: 50_000 + at }))
    const isGivenBack = (at: number): boolean => at !== 30
    const { kept, givenBack } = await hear(shapes, [], { isGivenBack })
    expect(kept).toHaveLength(1)
    const whole = frame({ opcode: BINARY, length: 50_030 })
    const bytes = kept[0]?.bytes ?? new Uint8Array(0)
    expect(Buffer.compare(bytes, whole.subarray(whole.length - 50_030))).toBe(0)
    expect(givenBack.at(-1)?.buffer).not.toBe(bytes.buffer)
  })

  test.each(PACES)('gives out bytes that never change, over many pages: %s', async (pace) => {
    const shapes = Array.from({ length: 60 }, (_, at) => ({ opcode: BINARY, length: 50_000 + at }))
    const { byReader } = await hear(shapes, [0.1, 0.3, 0.31, 0.7], { pace })
    expect(byReader).toHaveLength(60)
    for (const [at, bytes] of byReader.entries()) {
      const whole = frame({ opcode: BINARY, length: 50_000 + at })
      expect(Buffer.compare(bytes, whole.subarray(whole.length - bytes.length))).toBe(0)
    }
  })

  test('reads messages up to its limit itself, and leaves those above to ws', async () => {
    const { byReader, heard } = await hear(
      [
        { opcode: BINARY, length: 0 },
        { opcode: BINARY, length: MESSAGE_BYTES_MAX },
        { opcode: BINARY, length: MESSAGE_BYTES_MAX + 1 },
        { opcode: BINARY, length: 7 },
      ],
      [],
    )
    expect(byReader.map((bytes) => bytes.length)).toEqual([0, MESSAGE_BYTES_MAX, 7])
    expect(heard).toHaveLength(4)
  })

  test('of a slow connection gives each message bytes of its own, and no more', async () => {
    const lengths = [VIEW_BYTES_MIN - 1, VIEW_BYTES_MIN, 60_000, 200_000, 400_000]
    const shapes = lengths.flatMap((each) => [
      { opcode: BINARY, length: each },
      { opcode: BINARY, length: 100 },
    ])
    const { byReader } = await hear(shapes, [0.01, 0.2, 0.5], { pace: 'slow' })
    expect(byReader).toHaveLength(shapes.length)
    // With the header of the frame where it was read into memory for just that one.
    for (const bytes of byReader)
      expect(bytes.buffer.byteLength - bytes.length).toBeLessThanOrEqual(HEADER_BYTES_MAX)
    for (const bytes of byReader) expect(Buffer.isBuffer(bytes)).toBe(false)
  })

  test('of a fast one makes views of large messages and gives small ones their own bytes', async () => {
    const shapes = Array.from({ length: 80 }, (_, at) => ({
      opcode: BINARY,
      length: at % 2 === 0 ? 60_000 : VIEW_BYTES_MIN - 1,
    }))
    const { byReader } = await hear(shapes, [], { pace: 'fast' })
    const last = byReader.slice(60)
    for (const bytes of last)
      expect(bytes.buffer.byteLength).toBe(bytes.length === 60_000 ? PAGE_BYTES : bytes.length)
    expect(new Set(last.map(({ buffer }) => buffer)).size).toBeLessThan(last.length)
    // A plain array, whose parts are plain, too.
    for (const bytes of byReader) expect(Buffer.isBuffer(bytes)).toBe(false)
  })
})
