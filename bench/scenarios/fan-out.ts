/**
 * One publisher and several subscribers at the tail, each on a connection of its own, all clients in one
 * process. A bare `ws` pair sends as many bytes over one socket, and over as many as there are subscribers.
 * With the most subscribers the records are read in three ways: a value of each, kept or lent, and where they
 * lie; also from a bare server that sends each frame on to all who are connected, and by the same job.
 *
 * The publisher is held back: at most `aheadMax` records before the slowest subscriber. The number of
 * deliveries is the same for every number of subscribers.
 */
import type { ReadWay } from '../clients/driver.js'
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Column, Scenario, ScenarioContext } from '../harness/scenario.js'
import { PEER_NAMES } from '../peers/peer.js'
import { COLUMN_BYTES, FRAME_BYTES } from './publish.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { Processes, Variants, noteThroughput, startBare } from './sides.js'
import type { Variant } from './sides.js'

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
const LENT_WAYS: readonly ReadWay[] = ['lent', 'in place']
const COUNTS = [4, 8, 10, 100]
const BARE_WAYS = { values: 'a view of each', 'in place': 'looked at' } as const

export const fanOut: Scenario<Parameters> = {
  name: 'fan-out',
  about: 'subscribers at the tail of a stream, all of which get what one publisher publishes',
  columns: COLUMNS,
  better: 'more',
  references: Object.fromEntries(
    COUNTS.flatMap((count) => [
      [`relaxed × ${count}`, 'bare ws'] as const,
      ...LENT_WAYS.map((way) => [`relaxed × ${count}, ${way}`, 'bare ws'] as const),
      [`bare ws × ${count}`, 'bare ws'] as const,
      ...Object.values(BARE_WAYS).map((way) => [`bare ws × ${count}, ${way}`, 'bare ws'] as const),
      ...PEER_NAMES.map((peer) => [`${peer} × ${count}`, `relaxed × ${count}`] as const),
    ]),
  ),
  limits: COUNTS.flatMap((count) => [
    { subject: `relaxed × ${count}`, limit: `bare ws × ${count}, a view of each` },
    { subject: `relaxed × ${count}, lent`, limit: `bare ws × ${count}, a view of each` },
    { subject: `relaxed × ${count}, in place`, limit: `bare ws × ${count}, looked at` },
  ]),
  wanted: ['relaxed × 100', 'relaxed × 100, lent', 'relaxed × 100, in place'].map((subject) => ({
    subject,
    figure: 'gigabytesPerSecond',
    bound: 'at least',
    value: 70,
    unit: '%',
    against: 'bare ws',
  })),
  elsewhere: LAVINMQ.fanOut,
  warmUps: 3,
  full: { deliveries: 4_000_000, sizeBytes: 128, aheadMax: 20_000, subscribers: 100 },
  small: { deliveries: 20_000, sizeBytes: 128, aheadMax: 1000, subscribers: 10 },
  async run(context) {
    const { deliveries, sizeBytes, subscribers: most } = context.parameters
    const variants = await Variants.start(context, ['relaxed'])
    const { server, client, url } = await startBare(context)
    const clients = new Processes(context)
    const bytes = deliveries * (sizeBytes + COLUMN_BYTES)
    const limit = async (subject: string, sockets: number): Promise<void> => {
      const job = { url, bytes, frameBytes: FRAME_BYTES, sockets }
      const work = () => client.ask<Timing>('replay', job)
      await noteThroughput(context, { subject, server, records: deliveries, bytes, work })
    }
    for (const round of context.rounds()) {
      for (const subscribers of [4, 8, most]) {
        await variants.each((variant) => fan(context, variant, { clients, subscribers, round }))
      }
      await variants.each(async (variant) => {
        if (variant.pair.name !== 'tailrace') return
        for (const way of LENT_WAYS) {
          await fan(context, variant, { clients, subscribers: most, round, way })
        }
      })
      await limit('bare ws', 1)
      await limit(`bare ws × ${most}`, most)
      for (const [way, name] of Object.entries(BARE_WAYS)) {
        const job = { ...fanJob(context.parameters, most), url: `${url}relay`, way }
        const least = await clients.of('bare-records-client', way)
        const work = () => least.ask<Timing>('fanOut', job)
        const subject = `bare ws × ${most}, ${name}`
        await noteThroughput(context, { subject, server, records: deliveries, bytes, work })
      }
    }
  },
}

async function fan(
  context: ScenarioContext<Parameters>,
  { subject, pair, durability }: Variant,
  shape: {
    readonly clients: Processes
    readonly subscribers: number
    readonly round: number
    readonly way?: ReadWay
  },
): Promise<void> {
  const { sizeBytes } = context.parameters
  const { clients, subscribers, round, way } = shape
  const load = { ...fanJob(context.parameters, subscribers), way }
  const { records } = load
  const job = { url: pair.url, stream: `bench-${subscribers}-${round}`, durability, ...load }
  const name = `${subject} × ${subscribers}${way === undefined ? '' : `, ${way}`}`
  const client = await clients.of(`${pair.name}-client`, name)
  await noteThroughput(context, {
    subject: name,
    server: pair.server,
    records: records * subscribers,
    bytes: records * subscribers * (sizeBytes + COLUMN_BYTES),
    work: () => client.ask<Timing>('fanOut', job),
  })
  await pair.client.ask('remove', job)
}

function fanJob({ deliveries, sizeBytes, aheadMax }: Parameters, subscribers: number) {
  return { records: Math.floor(deliveries / subscribers), sizeBytes, subscribers, aheadMax }
}
