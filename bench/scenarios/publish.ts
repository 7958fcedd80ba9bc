/**
 * A bulk load by one client over the WebSocket on loopback, beside a bare `ws` pair that moves the same
 * bytes and a plain file that takes them. Only acknowledged records count.
 *
 * Not measured here: latency, several clients.
 */
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS, throughput } from '../harness/columns.js'
import { counted } from '../harness/counters.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Scenario } from '../harness/scenario.js'

/** Frames of the bare pair, as large as a producer's default batch. */
export const FRAME_BYTES = 64 * 1024
/** What a record takes in a batch besides its value: one entry of the value column. */
export const COLUMN_BYTES = 4

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

export const publish: Scenario<Parameters> = {
  name: 'publish',
  about: 'one client publishes records as fast as they are acknowledged',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: {
    relaxed: 'bare ws',
    fsync: 'relaxed',
  },
  full: { records: 4_000_000, sizeBytes: 128 },
  small: { records: 20_000, sizeBytes: 128 },
  async run(context) {
    const { records, sizeBytes } = context.parameters
    const server = await context.start('tailrace-server', 'server')
    const bareServer = await context.start('bare-server', 'server')
    const client = await context.start('tailrace-client', 'client')
    const bareClient = await context.start('bare-client', 'client')
    const { url } = await server.ask<{ url: string }>('address')
    const { url: bareUrl } = await bareServer.ask<{ url: string }>('address')
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    const bare = { url: bareUrl, bytes, frameBytes: FRAME_BYTES }
    const time = async (
      subject: string,
      side: ActorProcess,
      work: () => Promise<Timing>,
    ): Promise<void> => {
      const { result, used } = await counted(side, work)
      const serverCpuSeconds = used.cpuSeconds
      const values = throughput({ ...result, records, bytes, serverCpuSeconds })
      context.note({ subject, values })
    }
    for (const round of context.rounds()) {
      for (const durability of ['relaxed', 'fsync'] as const) {
        const stream = `bench-${durability}-${round}`
        const job = { url, stream, durability, records, sizeBytes }
        await time(durability, server, () => client.ask('publish', job))
        await client.ask('remove', { url, stream })
      }
      await time('bare ws', bareServer, () => bareClient.ask('publish', bare))
      await time('bare new file', bareServer, () => bareServer.ask('writeFile', bare))
    }
  },
}
