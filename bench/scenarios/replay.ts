/**
 * A full replay by one client, of records that are in the page cache, beside a bare `ws` pair that moves
 * the same bytes. The client checks the number that every record carries, so order and completeness are
 * part of the figure.
 *
 * The first replay of a segment since it was opened verifies it (*first*); later ones do not (*again*).
 */
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS, throughput } from '../harness/columns.js'
import { counted } from '../harness/counters.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Scenario } from '../harness/scenario.js'
import { COLUMN_BYTES, FRAME_BYTES } from './publish.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

export const replay: Scenario<Parameters> = {
  name: 'replay',
  about: 'one client replays a stream from its first record',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: { first: 'bare ws', again: 'bare ws' },
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
      const stream = `bench-${round}`
      const job = { url, stream, durability: 'relaxed', records, sizeBytes }
      await client.ask('publish', job)
      await time('first', server, () => client.ask('replay', job))
      await time('again', server, () => client.ask('replay', job))
      await client.ask('remove', { url, stream })
      await time('bare ws', bareServer, () => bareClient.ask('replay', bare))
    }
  },
}
