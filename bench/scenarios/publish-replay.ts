/**
 * Publish and replay over the WebSocket on loopback, beside a bare `ws` pair that moves the same bytes
 * and a plain file that takes them.
 *
 * Models a bulk load and a full replay by one client. Publishing counts only acknowledged records;
 * replaying checks the number that every record carries. The first round of each warms up: memory that
 * is touched for the first time on a machine costs ten times more than the second time. The kinds
 * alternate within a round, so that a drift of the machine meets all of them.
 *
 * Not measured here: latency, several clients, a cold page cache.
 */
import { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'

/** How much to move, how often. */
export interface PublishReplayParameters {
  readonly records: number
  readonly sizeBytes: number
  readonly rounds: number
  /** Give server and client a core each. */
  readonly pinned: boolean
}

/** One timed run. */
export interface Run extends Timing {
  readonly kind:
    | 'publish relaxed'
    | 'publish fsync'
    | 'replay'
    | 'bare ws to server'
    | 'bare ws to client'
    | 'bare new file'
  readonly serverCpuSeconds: number
  readonly records: number
  readonly bytes: number
}

/** Frames of the bare pair, as large as a producer's default batch. */
const FRAME_BYTES = 64 * 1024
/** What a record takes in a batch besides its value: one entry of the value column. */
const COLUMN_BYTES = 4

/** Runs all rounds; the warm-up is not in the result. */
export async function publishReplay(parameters: PublishReplayParameters): Promise<Run[]> {
  const { records, sizeBytes, rounds, pinned } = parameters
  const [serverCore, clientCore] = pinned ? [0, 1] : [undefined, undefined]
  await using server = await ActorProcess.start('tailrace-server', serverCore)
  await using bareServer = await ActorProcess.start('bare-server', serverCore)
  await using client = await ActorProcess.start('tailrace-client', clientCore)
  await using bareClient = await ActorProcess.start('bare-client', clientCore)
  const { url } = await server.ask<{ url: string }>('address')
  const { url: bareUrl } = await bareServer.ask<{ url: string }>('address')
  const bytes = records * (sizeBytes + COLUMN_BYTES)
  const bare = { url: bareUrl, bytes, frameBytes: FRAME_BYTES }

  const runs: Run[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const time = async (kind: Run['kind'], work: () => Promise<Timing>): Promise<void> => {
      const cpuOf = kind.startsWith('bare') ? bareServer : server
      const before = await cpuOf.ask<{ seconds: number }>('cpu')
      const { seconds, cpuSeconds } = await work()
      const after = await cpuOf.ask<{ seconds: number }>('cpu')
      const serverCpuSeconds = after.seconds - before.seconds
      if (round > 0) runs.push({ kind, seconds, cpuSeconds, serverCpuSeconds, records, bytes })
    }
    for (const durability of ['relaxed', 'fsync'] as const) {
      const stream = `bench-${durability}-${round}`
      const job = { url, stream, durability, records, sizeBytes }
      await time(`publish ${durability}`, () => client.ask('publish', job))
      if (durability === 'relaxed') await time('replay', () => client.ask('replay', job))
      await client.ask('remove', { url, stream })
    }
    await time('bare ws to server', () => bareClient.ask('publish', bare))
    await time('bare ws to client', () => bareClient.ask('replay', bare))
    await time('bare new file', () => bareServer.ask('writeFile', bare))
  }
  return runs
}
