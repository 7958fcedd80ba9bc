/**
 * One publisher and several subscribers at the tail, each on a connection of its own, all clients in one
 * process. A bare `ws` pair sends as many bytes over one socket.
 *
 * The publisher is held back: at most `aheadMax` records before the slowest subscriber. The number of
 * deliveries is the same for every number of subscribers.
 */
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Column, Scenario } from '../harness/scenario.js'
import { PEER_NAMES } from '../peers/peer.js'
import { COLUMN_BYTES, FRAME_BYTES } from './publish.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { Variants, noteThroughput, startBare } from './sides.js'

interface Parameters {
  /** Records that arrive, over all subscribers. */
  readonly deliveries: number
  readonly sizeBytes: number
  readonly aheadMax: number
  /** The largest number of subscribers; the others are 4 and 8. */
  readonly subscribers: number
}

const COLUMNS: readonly Column[] = THROUGHPUT_COLUMNS.map((column) =>
  column.key === 'recordsPerSecond' ? { ...column, title: 'M deliveries/s (min–max)' } : column,
)
const COUNTS = [4, 8, 10, 100]

export const fanOut: Scenario<Parameters> = {
  name: 'fan-out',
  about: 'subscribers at the tail of a stream, all of which get what one publisher publishes',
  columns: COLUMNS,
  better: 'more',
  references: Object.fromEntries(
    COUNTS.flatMap((count) => [
      [`relaxed × ${count}`, 'bare ws'] as const,
      ...PEER_NAMES.map((peer) => [`${peer} × ${count}`, `relaxed × ${count}`] as const),
    ]),
  ),
  wanted: [
    {
      subject: 'relaxed × 100',
      figure: 'gigabytesPerSecond',
      bound: 'at least',
      value: 70,
      unit: '%',
      against: 'bare ws',
    },
  ],
  elsewhere: LAVINMQ.fanOut,
  full: { deliveries: 4_000_000, sizeBytes: 128, aheadMax: 20_000, subscribers: 100 },
  small: { deliveries: 20_000, sizeBytes: 128, aheadMax: 1000, subscribers: 10 },
  async run(context) {
    const { deliveries, sizeBytes, aheadMax, subscribers: most } = context.parameters
    const variants = await Variants.start(context, ['relaxed'])
    const { server, client, url } = await startBare(context)
    const bytes = deliveries * (sizeBytes + COLUMN_BYTES)
    const bare = { url, bytes, frameBytes: FRAME_BYTES }
    for (const round of context.rounds()) {
      for (const subscribers of [4, 8, most]) {
        await variants.each(async ({ subject, pair, durability }) => {
          const stream = `bench-${subscribers}-${round}`
          const records = Math.floor(deliveries / subscribers)
          const load = { records, sizeBytes, subscribers, aheadMax }
          const job = { url: pair.url, stream, durability, ...load }
          await noteThroughput(context, {
            subject: `${subject} × ${subscribers}`,
            server: pair.server,
            records: records * subscribers,
            bytes: records * subscribers * (sizeBytes + COLUMN_BYTES),
            work: () => pair.client.ask<Timing>('fanOut', job),
          })
          await pair.client.ask('remove', job)
        })
      }
      const work = () => client.ask<Timing>('replay', bare)
      await noteThroughput(context, {
        subject: 'bare ws',
        server,
        records: deliveries,
        bytes,
        work,
      })
    }
  },
}
