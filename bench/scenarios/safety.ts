/**
 * What safety costs: `fsync` streams against `relaxed` ones, at several numbers of publishers.
 *
 * Each publisher has a connection of its own and keeps `window` single `publish()` calls in flight, all
 * to one stream, so that their records share the group commit. The time of an acknowledgement is that
 * from the call to its promise.
 */
import type { Timing } from '../harness/actor.js'
import { counted } from '../harness/counters.js'
import type { Scenario } from '../harness/scenario.js'
import { startTailrace } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  /** Records in flight of each publisher. */
  readonly window: number
  /** The largest number of publishers; the others are an eighth of it, and one. */
  readonly publishers: number
}

interface Published extends Timing {
  readonly p50: number
  readonly p99: number
}

export const safety: Scenario<Parameters> = {
  name: 'safety',
  about: 'publishers wait for acknowledgements, with and without a sync to disk',
  columns: [
    { key: 'recordsPerSecond', title: 'k records/s (min–max)', digits: 1 },
    { key: 'p50', title: 'ack p50 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
    { key: 'syncsPerSecond', title: 'fdatasyncs/s', digits: 0 },
    { key: 'recordsPerSync', title: 'records each', digits: 0 },
    { key: 'serverCpu', title: 'server CPU s/M', digits: 2 },
  ],
  better: 'more',
  references: Object.fromEntries(
    [1, 2, 8, 16, 64].map((count) => [`fsync × ${count}`, `relaxed × ${count}`]),
  ),
  full: { records: 300_000, sizeBytes: 128, window: 64, publishers: 64 },
  small: { records: 4000, sizeBytes: 128, window: 16, publishers: 16 },
  async run(context) {
    const { records, sizeBytes, window, publishers: most } = context.parameters
    const { server, client, url } = await startTailrace(context)
    for (const round of context.rounds()) {
      for (const publishers of [1, most / 8, most]) {
        for (const durability of ['relaxed', 'fsync'] as const) {
          const stream = `bench-${durability}-${publishers}-${round}`
          const job = { url, stream, durability, records, sizeBytes, publishers, window }
          await context.settle()
          const { result, used } = await counted(server, () =>
            client.ask<Published>('publishEach', job),
          )
          const { seconds, p50, p99 } = result
          const values = {
            records,
            recordsPerSecond: records / seconds / 1000,
            p50,
            p99,
            syncsPerSecond: used.syncs / seconds,
            ...(durability === 'fsync' ? { recordsPerSync: records / used.syncs } : {}),
            serverCpu: used.cpuSeconds / (records / 1e6),
          }
          context.note({ subject: `${durability} × ${publishers}`, values })
          await client.ask('remove', { url, stream })
        }
      }
    }
  },
}
