/**
 * Random frames after HELLO: the server answers, refuses or closes, and stays alive.
 *
 * The frames are random in three degrees, because plain noise hardly gets past the prefix: any bytes; a
 * valid prefix with a random body; a valid frame with bytes changed. Replay with `TAILRACE_SEED`.
 */

import {
  COMMAND_TABLE,
  encodeControlFrame,
  encodeCreditFrame,
  encodeFrame,
  FrameType,
} from '@tailrace/protocol'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { makeBatches } from '../support/batches.js'
import { Peer } from '../support/peer.js'
import { serveCore, serveMemory } from '../support/serve.js'

const RUNS = 100
const FRAMES_MAX = 30

const bugs: unknown[] = []
const noteBug = (error: unknown): void => void bugs.push(error)
process.on('uncaughtException', noteBug)
process.on('unhandledRejection', noteBug)
afterAll(() => {
  process.off('uncaughtException', noteBug)
  process.off('unhandledRejection', noteBug)
})

type Producer = Parameters<typeof makeBatches>[0]

/** Makes a frame for a connection that has this producer on channel 1. */
type MakeFrame = (producer: Producer) => Uint8Array

const stream = fc.constantFrom('orders', 'other', '../x', '', 'a'.repeat(300))
const offset = fc.oneof(fc.nat(50), fc.constant(Number.MAX_SAFE_INTEGER))
const config = fc.record(
  {
    durability: fc.constantFrom('fsync', 'relaxed'),
    flushIntervalMs: offset,
    segmentBytesMax: offset,
    retentionBytes: offset,
    retentionMs: offset,
    retentionRecords: offset,
  },
  { requiredKeys: [] },
)
const from = fc.oneof(
  fc.constant({ first: true }),
  fc.constant({ next: true }),
  fc.record({ last: offset }),
  fc.record({ offset }),
  fc.record({ timestampUs: offset }),
)
const stop = fc.oneof(
  fc.constant({ atEnd: true }),
  fc.record({ offset }),
  fc.record({ count: offset }),
  fc.record({ timestampUs: offset }),
)

/** Bodies that decoders accept, so that the handlers behind them are reached. */
const message = fc.oneof(
  fc.tuple(
    fc.constant(FrameType.ENSURE),
    fc.record({ stream, config }, { requiredKeys: ['stream'] }),
  ),
  fc.tuple(fc.constant(FrameType.DESCRIBE), fc.record({ stream })),
  fc.tuple(fc.constant(FrameType.LIST), fc.record({ after: stream, limit: fc.nat(5) })),
  fc.tuple(fc.constant(FrameType.DELETE), fc.record({ stream })),
  fc.tuple(
    fc.constant(FrameType.OPEN_PRODUCER),
    fc.record(
      { stream, producerId: fc.nat(5), create: fc.boolean() },
      { requiredKeys: ['stream'] },
    ),
  ),
  fc.tuple(fc.constant(FrameType.CLOSE_CHANNEL), fc.constant({})),
  fc.tuple(
    fc.constant(FrameType.SUBSCRIBE),
    fc.record(
      { stream, from, stop, creditBytes: offset, onOutOfRange: fc.constantFrom('strict', 'clamp') },
      { requiredKeys: ['stream', 'from', 'creditBytes'] },
    ),
  ),
)

const prefix = fc.record({
  flags: fc.nat(255),
  channel: fc.oneof(fc.nat(4), fc.nat(0xffff)),
  argument: fc.oneof(fc.nat(4), fc.nat(0xffff_ffff)),
})

const publish = fc
  .record({
    channel: fc.constantFrom(1, 1, 1, 2),
    ordinal: fc.nat(2),
    count: fc.nat(3),
    sequence: fc.nat(2),
  })
  .map(({ channel, ordinal, count, sequence }): MakeFrame => {
    return (producer) => {
      const batches = makeBatches(producer, count, { sequence })
      return encodeFrame(FrameType.PUBLISH, { channel, argument: ordinal }, Buffer.concat(batches))
    }
  })

const validFrame: fc.Arbitrary<MakeFrame> = fc.oneof(
  fc.tuple(message, prefix).map(([[type, body], fields]) => () => {
    return encodeControlFrame(type, fields, body as never)
  }),
  publish,
  fc.tuple(fc.nat(4), offset).map(
    ([channel, limit]) =>
      () =>
        encodeCreditFrame(channel, limit),
  ),
)

const knownType = fc.constantFrom(...COMMAND_TABLE.map((command) => command.type))
const change = fc.tuple(fc.nat(), fc.nat(255))

const randomFrame: fc.Arbitrary<MakeFrame> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => () => bytes) },
  {
    weight: 1,
    arbitrary: fc.tuple(knownType, prefix, fc.uint8Array({ maxLength: 200 })).map(
      ([type, fields, body]) =>
        () =>
          encodeFrame(type, fields, body),
    ),
  },
  { weight: 40, arbitrary: validFrame },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.oneof(publish, validFrame), fc.array(change, { minLength: 1, maxLength: 3 }))
      .map(([makeValid, changes]) => (producer: Producer) => {
        const changed = Uint8Array.from(makeValid(producer))
        for (const [at, byte] of changes) changed[at % changed.byteLength] = byte
        return changed
      }),
  },
)

const conversation = fc.array(randomFrame, { maxLength: FRAMES_MAX, size: 'max' })

test.each([
  ['memory', serveMemory],
  ['core', serveCore],
])('random frames never harm the server (%s)', { timeout: 60_000 }, async (_, serve) => {
  await using tested = await serve()
  const bystander = await tested.connect()
  await fc.assert(
    fc.asyncProperty(conversation, async (frames) => {
      await using peer = await Peer.connect(tested.url)
      const producer = await peer.openProducer({ stream: 'orders', create: true })
      for (const makeFrame of frames) peer.send(makeFrame(producer))
      // Either the connection ends, or it answers.
      await peer.settle().catch(() => peer.closed)
      await bystander.settle()
      expect(bugs).toEqual([])
    }),
    { numRuns: RUNS },
  )
  await (await tested.connect()).settle()
})
