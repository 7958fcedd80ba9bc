/**
 * Callers that wait: 64 of them on one connection, each publishing its next record when its last is
 * acknowledged. What a request handler does that answers when its record is safe.
 *
 * Beside it the least that as many callers can cost: the values of one turn go into one frame of a bare `ws`
 * pair, the server answers with their number and keeps nothing, and each caller has its promise. *Polling* is
 * the same with a producer that looks for acknowledgements instead of sleeping.
 */
import { ACK_COLUMNS } from '../harness/columns.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import { Variants, noteFigures, peersAgainst, startBareRecords } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  /** Callers, which share a connection. */
  readonly callers: number
}

interface Published extends Timing {
  readonly p50: number
  readonly p99: number
}

/** Whose syncs are counted: ours. */
const SYNCING = ['relaxed', 'fsync']
const POLLING = 'relaxed, polling'
const ROUND_TRIPS = 'bare ws, round trips'

export const single: Scenario<Parameters> = {
  name: 'single',
  about: 'concurrent callers on one connection each await the publishing of single records',
  columns: ACK_COLUMNS,
  better: 'more',
  references: {
    relaxed: ROUND_TRIPS,
    [POLLING]: ROUND_TRIPS,
    fsync: 'relaxed',
    ...peersAgainst('relaxed'),
  },
  wanted: ['relaxed', POLLING].map((subject) => ({
    subject,
    figure: 'recordsPerSecond',
    bound: 'at least',
    value: 5,
    unit: '×',
    against: bestPeer(),
  })),
  warmUps: 3,
  full: { records: 300_000, sizeBytes: 128, callers: 64 },
  small: { records: 4000, sizeBytes: 128, callers: 64 },
  async run(context) {
    const { records, sizeBytes, callers } = context.parameters
    const variants = await Variants.start(context)
    const bareServer = await context.start('bare-server', 'server')
    const bare = await bareServer.ask<{ url: string }>('address')
    const least = await startBareRecords(context)
    const note = (
      subject: string,
      pair: { readonly server: ActorProcess; readonly client: ActorProcess },
      job: object,
    ): Promise<void> =>
      noteFigures(context, {
        subject,
        server: pair.server,
        work: () =>
          pair.client.ask<Published>('publishEach', { ...job, publishers: 1, window: callers }),
        figures: ({ seconds, cpuSeconds, p50, p99 }, used) => ({
          records,
          recordsPerSecond: records / seconds / 1000,
          p50,
          p99,
          clientCpu: cpuSeconds / (records / 1e6),
          serverCpu: used.cpuSeconds / (records / 1e6),
          ...(SYNCING.includes(subject) ? { syncsPerSecond: used.syncs / seconds } : {}),
        }),
      })
    for (const round of context.rounds()) {
      await variants.each(async ({ subject, pair, durability }) => {
        const stream = `bench-${subject}-${round}`
        const job = { url: pair.url, stream, durability, records, sizeBytes }
        await note(subject, pair, job)
        await pair.client.ask('remove', job)
        if (pair.name !== 'tailrace' || durability !== 'relaxed') return
        const polling = { ...job, stream: `${stream}-polling`, busyPolling: true }
        await note(POLLING, pair, polling)
        await pair.client.ask('remove', polling)
      })
      const job = { url: `${bare.url}echo`, records, sizeBytes }
      await note(ROUND_TRIPS, { server: bareServer, client: least }, job)
    }
  },
}
