/**
 * A server under load is killed, again and again, at moments that the seed decides.
 *
 * Five producers in two other processes publish through the real client: with names and without, to fsync
 * and to relaxed streams, in batches of one record and of many. The moments are counted in acknowledgements,
 * in appended batches and in syncs, never in time: before anything is on disk, between disk and
 * acknowledgement, while clients come back, or after acknowledgements. Readers follow over all of it.
 *
 * Whatever was acknowledged is there afterwards, once, at its offset, in the order of its producer.
 * 50 kills cost about 20 s; what they cost is starting processes.
 */

import { connect, raw, type Client } from '@tailrace/client'
import { verifyStore } from '@tailrace/core'
import { expect, it } from 'vitest'

import { StreamContent, type Lane, type LaneStream } from '../support/lanes.js'
import { startServerProgram, type Death, type ServerProgram } from '../support/programs.js'
import { Publishers } from '../support/publishers.js'
import { randomIntegers, runSeed } from '../support/random.js'
import { temporaryDirectory } from '../support/temporary.js'

const ROUNDS = 50
/** Records that each lane may publish in a round. */
const GRANT = 40
/** Of this many rounds one kills a server that clients are just coming back to. */
const EARLY_KILL_SHARE = 4
const RECONNECT = { baseMs: 4, maxMs: 40 }

const LEDGER: LaneStream = { name: 'ledger', durability: 'fsync', segmentBytesMax: 64 * 1024 }
const JOURNAL: LaneStream = { name: 'journal', durability: 'fsync', segmentBytesMax: 1024 * 1024 }
const METRICS: LaneStream = { name: 'metrics', durability: 'relaxed', segmentBytesMax: 64 * 1024 }
const STREAMS = [LEDGER, JOURNAL, METRICS]

const BILLING = { name: 'billing', batchRecordsMax: 3, bufferBytesMax: 8 * 1024 }
const METER = { name: 'meter', batchBytesMax: 4096, bufferBytesMax: 16 * 1024 }
const LANES: readonly (readonly Lane[])[] = [
  [
    { lane: 'billing', stream: LEDGER, options: BILLING, size: 37 },
    { lane: 'anonymous', stream: LEDGER, options: { batchRecordsMax: 50 }, size: 113 },
  ],
  [
    { lane: 'meter', stream: METRICS, options: METER, size: 71 },
    { lane: 'singles', stream: METRICS, options: { batchRecordsMax: 1 }, size: 19 },
    { lane: 'promises', stream: JOURNAL, size: 53 },
  ],
]
const ALL_LANES = LANES.flat()

/** Follows a stream over all kills, until it is told to stop. */
function follow(client: Client, name: string): { stop(): Promise<StreamContent> } {
  const content = new StreamContent(name, ALL_LANES)
  const subscription = client.stream(name, { codec: raw }).subscribe({ from: 'first' })
  const following = (async () => {
    for await (const { offset, value } of subscription) content.add(offset, value)
  })()
  // Told by `stop`; nobody waits before.
  following.catch(() => undefined)
  return {
    async stop() {
      await subscription.caughtUp()
      const { endOffset } = await client.stream(name).describe()
      while (content.length < endOffset) await Promise.race([following, nextTurn()])
      await subscription.close()
      await following
      return content
    },
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Everything that a stream holds now. */
async function replay(client: Client, name: string): Promise<StreamContent> {
  const content = new StreamContent(name, ALL_LANES)
  const records = client.stream(name, { codec: raw }).subscribe({ from: 'first', to: 'end' })
  for await (const { offset, value } of records) content.add(offset, value)
  return content
}

/** Replays every stream and looks for all that was acknowledged when the call was made. */
async function verifyAcknowledged(client: Client, publishers: Publishers): Promise<void> {
  const acknowledged = [...publishers.acknowledged]
  const contents = new Map<string, StreamContent>()
  for (const { name } of STREAMS) contents.set(name, await replay(client, name))
  const streamOf = new Map(ALL_LANES.map(({ lane, stream }) => [lane, stream.name]))
  for (const ack of acknowledged) contents.get(streamOf.get(ack.lane) ?? '')?.checkHas(ack)
}

/** Runs the server under load until it is dead; `death` says which of the three moments ends it. */
async function loadUntilDead(
  server: ServerProgram,
  publishers: Publishers,
  random: (end: number) => number,
): Promise<string> {
  const kind = random(3)
  // In one turn: what counts is published after it is known that it counts.
  if (kind === 0) server.process.send({ moment: 'append', count: 1 + random(40) } satisfies Death)
  if (kind === 1) server.process.send({ moment: 'durable', count: 1 + random(6) } satisfies Death)
  const acks = publishers.acknowledgedCount + random(GRANT * ALL_LANES.length)
  publishers.grant(GRANT)
  await Promise.race([server.ended, publishers.reached(kind === 2 ? acks : Infinity)])
  const wasDead = server.process.signalCode !== null
  await server.kill()
  return ['append', 'durable', 'acks'][wasDead ? kind : 2] ?? ''
}

it(`a server that is killed ${String(ROUNDS)} times loses nothing acknowledged and stores nothing twice`, async () => {
  const seed = runSeed()
  const random = randomIntegers(seed)
  await using directory = await temporaryDirectory()
  let server = await startServerProgram(directory.path, 0)
  const { port } = server
  const url = `ws://127.0.0.1:${String(port)}`
  await using publishers = new Publishers(url, LANES)
  await using client = await connect(url, { reconnect: RECONNECT })
  for (const { name, ...config } of STREAMS) await client.stream(name).ensure(config)
  await publishers.connected()
  const followers = STREAMS.map(({ name }) => follow(client, name))
  const kills: Record<string, number> = { append: 0, durable: 0, acks: 0, early: 0 }
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      try {
        const moment = await loadUntilDead(server, publishers, random)
        kills[moment] = (kills[moment] ?? 0) + 1
        if (random(EARLY_KILL_SHARE) === 0) {
          const death: Death = { moment: random(2) === 0 ? 'append' : 'durable', count: 1 }
          const early = await startServerProgram(directory.path, port, death)
          await Promise.race([early.ended, publishers.reached(Infinity)])
          await early.kill()
          kills['early'] = (kills['early'] ?? 0) + 1
        }
        server = await startServerProgram(directory.path, port)
        await verifyAcknowledged(client, publishers)
      } catch (cause) {
        throw new Error(`seed ${String(seed)}, round ${String(round)}: ${String(cause)}`, { cause })
      }
    }
    await publishers.reached(Infinity)
    const followed = await Promise.all(followers.map((follower) => follower.stop()))
    expect(await publishers.finish()).toEqual([0, 0])
    await verifyAcknowledged(client, publishers)
    for (const { lane, stream, options } of ALL_LANES) {
      const content = followed[STREAMS.indexOf(stream)]
      expect(content?.countOf(lane)).toBe(ROUNDS * GRANT)
      if (options?.name === undefined) continue
      expect(publishers.lastSequences.get(lane)).toBe(ROUNDS * GRANT - 1)
    }
    expect(publishers.acknowledgedCount).toBe(publishers.grantedCount)
  } finally {
    await server.kill()
  }
  const { acknowledgedCount, duplicateCount, lostConnectionCount } = publishers
  process.stdout.write(
    `server killed ${JSON.stringify(kills)} (seed ${String(seed)}): ${String(acknowledgedCount)} records, ` +
      `${String(duplicateCount)} sent again, ${String(lostConnectionCount)} connections lost\n`,
  )
  // What died between disk and acknowledgement was sent again, and recognised.
  expect(duplicateCount).toBeGreaterThan(0)
  const verification = await verifyStore(directory.path)
  expect(verification).toMatchObject({ isSound: true, defects: [] })
}, 180_000)
