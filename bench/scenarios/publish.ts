/**
 * A bulk load by one client over the WebSocket on loopback, beside a bare `ws` pair that moves the same
 * bytes and a plain file that takes them. Only acknowledged records count.
 *
 * Between the two the least that any log has to which is handed values and keeps them on a disk: a bare pair
 * whose client copies each value into the frame, and whose server writes each frame, unsynced, into a file
 * that has its blocks.
 *
 * Not measured here: latency, several clients.
 */
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { Variants, noteThroughput, startBare, peersAgainst, startBareRecords } from './sides.js'

/** Frames of the bare pair, as large as a producer's default batch. */
export const FRAME_BYTES = 64 * 1024
/** What a record takes in a batch besides its value: one entry of the value column. */
export const COLUMN_BYTES = 4

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

const WRITTEN = 'bare ws, copied and written'
const RATE = { figure: 'recordsPerSecond', bound: 'at least' } as const

export const publish: Scenario<Parameters> = {
  name: 'publish',
  about: 'one client publishes records as fast as they are acknowledged',
  columns: THROUGHPUT_COLUMNS,
  better: 'more',
  references: {
    relaxed: 'bare ws',
    fsync: 'relaxed',
    [WRITTEN]: 'bare ws',
    ...peersAgainst('relaxed'),
  },
  limits: [{ subject: 'relaxed', limit: WRITTEN }],
  wanted: [
    { ...RATE, subject: 'relaxed', value: 80, unit: '%', against: 'bare ws' },
    { ...RATE, subject: 'relaxed', value: 10, unit: '×', against: bestPeer() },
    { ...RATE, subject: 'fsync', value: 60, unit: '%', against: 'relaxed' },
    { ...RATE, subject: 'fsync', value: 5, unit: '×', against: bestPeer() },
    { subject: 'relaxed', figure: 'serverCpu', bound: 'at most', value: 0.2, unit: 's/M' },
  ],
  elsewhere: LAVINMQ.publish,
  warmUps: 3,
  full: { records: 4_000_000, sizeBytes: 128 },
  small: { records: 20_000, sizeBytes: 128 },
  async run(context) {
    const { records, sizeBytes } = context.parameters
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    const variants = await Variants.start(context)
    const { server, client, url } = await startBare(context)
    const bare = { url, bytes, frameBytes: FRAME_BYTES }
    const least = await startBareRecords(context)
    const copied = { url: `${url}relay`, records, sizeBytes }
    const limit = (subject: string, work: () => Promise<Timing>) =>
      noteThroughput(context, { subject, server, records, bytes, work })
    for (const round of context.rounds()) {
      await variants.each(async ({ subject, pair, durability }) => {
        const job = { url: pair.url, stream: `bench-${subject}-${round}`, durability }
        const work = () => pair.client.ask<Timing>('publish', { ...job, records, sizeBytes })
        await noteThroughput(context, { subject, server: pair.server, records, bytes, work })
        await pair.client.ask('remove', job)
      })
      await limit('bare ws', () => client.ask('publish', bare))
      await server.ask('prepareFile', { bytes })
      await limit(WRITTEN, () => least.ask('publish', copied))
      await server.ask('checkFile', copied)
      await limit('bare new file', () => server.ask('writeFile', bare))
    }
  },
}
