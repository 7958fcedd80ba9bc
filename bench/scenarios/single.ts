/**
 * Callers that wait: 64 of them on one connection, each publishing its next record when its last is
 * acknowledged. What a request handler does that answers when its record is safe.
 */
import { ACK_COLUMNS } from '../harness/columns.js'
import type { Timing } from '../harness/actor.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import { Variants, noteFigures, peersAgainst } from './sides.js'

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

export const single: Scenario<Parameters> = {
  name: 'single',
  about: 'concurrent callers on one connection each await the publishing of single records',
  columns: ACK_COLUMNS,
  better: 'more',
  references: { fsync: 'relaxed', ...peersAgainst('relaxed') },
  wanted: [
    {
      subject: 'relaxed',
      figure: 'recordsPerSecond',
      bound: 'at least',
      value: 5,
      unit: '×',
      against: bestPeer(),
    },
  ],
  full: { records: 300_000, sizeBytes: 128, callers: 64 },
  small: { records: 4000, sizeBytes: 128, callers: 64 },
  async run(context) {
    const { records, sizeBytes, callers } = context.parameters
    const variants = await Variants.start(context)
    for (const round of context.rounds()) {
      await variants.each(async ({ subject, pair, durability }) => {
        const stream = `bench-${subject}-${round}`
        const job = { url: pair.url, stream, durability, records, sizeBytes }
        await noteFigures(context, {
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
            ...(pair.name === 'tailrace' ? { syncsPerSecond: used.syncs / seconds } : {}),
          }),
        })
        await pair.client.ask('remove', job)
      })
    }
  },
}
