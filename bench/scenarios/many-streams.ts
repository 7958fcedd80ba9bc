/**
 * One client that publishes to many streams in turn, and what the server holds for them.
 *
 * Each number of streams has a server of its own, so that its memory, descriptors and mappings are those
 * of so many streams, each with an open producer. They stay over all rounds. Reading them is not timed; how fast
 * they were made, once, with a producer each, is in the last column.
 */
import { footprintOf } from '../actors/footprint.js'
import type { Footprint } from '../actors/footprint.js'
import type { Timing } from '../harness/actor.js'
import { counted } from '../harness/counters.js'
import type { Pair, Scenario } from '../harness/scenario.js'
import { startTailrace } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  /** Two numbers of streams. */
  readonly few: number
  readonly many: number
  /** Records not acknowledged, over all streams. */
  readonly inFlightMax: number
}

const COUNTS = [20, 1000, 10_000]
const DURABILITIES = ['relaxed', 'fsync'] as const

export const manyStreams: Scenario<Parameters> = {
  name: 'many-streams',
  about: 'one client publishes to many streams, each record to the next one',
  columns: [
    { key: 'recordsPerSecond', title: 'k records/s (min–max)', digits: 0 },
    { key: 'syncsPerSecond', title: 'fdatasyncs/s', digits: 0 },
    { key: 'recordsPerSync', title: 'records each', digits: 1 },
    { key: 'clientCpu', title: 'CPU s/M client', digits: 2 },
    { key: 'serverCpu', title: 'server', digits: 2 },
    { key: 'privateMiB', title: 'MiB private', digits: 0 },
    { key: 'anonymousMiB', title: 'anonymous', digits: 0 },
    { key: 'descriptors', title: 'descriptors', digits: 0 },
    { key: 'mappings', title: 'mappings', digits: 0 },
    { key: 'openedPerSecond', title: 'streams made/s', digits: 0 },
  ],
  better: 'more',
  references: Object.fromEntries(COUNTS.map((count) => [`fsync × ${count}`, `relaxed × ${count}`])),
  full: { records: 400_000, sizeBytes: 128, few: 1000, many: 10_000, inFlightMax: 20_000 },
  small: { records: 2000, sizeBytes: 128, few: 20, many: 20, inFlightMax: 200 },
  async run(context) {
    const { records, few, many, ...shape } = context.parameters
    const variants = []
    for (const streams of new Set([few, many])) {
      for (const durability of DURABILITIES) {
        const pair = await startTailrace(context)
        const job = { url: pair.url, stream: 'bench', streams, durability }
        const { seconds } = await pair.client.ask<Timing>('openStreams', job)
        variants.push({ streams, durability, pair, openedPerSecond: streams / seconds })
      }
    }
    for (const _ of context.rounds()) {
      for (const { streams, durability, pair, openedPerSecond } of variants) {
        await context.settle()
        const { result, used } = await counted(pair.server, () =>
          pair.client.ask<Timing>('publishInTurn', { records, ...shape }),
        )
        const { seconds, cpuSeconds } = result
        await pair.client.ask('verifyStreams')
        context.note({
          subject: `${durability} × ${streams}`,
          values: {
            records,
            recordsPerSecond: records / seconds / 1000,
            syncsPerSecond: used.syncs / seconds,
            ...(durability === 'fsync' ? { recordsPerSync: records / used.syncs } : {}),
            clientCpu: cpuSeconds / (records / 1e6),
            serverCpu: used.cpuSeconds / (records / 1e6),
            ...(await footprintOfServer(pair)),
            openedPerSecond,
          },
        })
      }
    }
  },
}

/** What the server of a pair holds now. */
export async function footprintOfServer({ server }: Pick<Pair, 'server'>): Promise<Footprint> {
  const { pid } = await server.ask<{ pid: number }>('address')
  return footprintOf(pid)
}
