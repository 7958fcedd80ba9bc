/**
 * From the moment a record is due to the moment a subscriber has it, under an open load at two rates.
 *
 * Beside them what the machine does with no log on it: one `fdatasync` of this disk at a time, which nothing
 * that is acknowledged in `fsync` mode can be faster than, also while the other core does nothing but look at
 * the clock, as the client's does here; and the high rate on two cores that only look at the clock.
 *
 * Corrected for coordinated omission: see clients/open-load.ts. The client's process spins between records, so
 * its processor time says nothing and is not shown.
 */
import { cpus } from 'node:os'
import type { Timing } from '../harness/actor.js'
import { OtherLoadMeter } from '../harness/other-load.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { PEER_NAMES } from '../peers/peer.js'
import { Variants, noteFigures } from './sides.js'

interface Parameters {
  /** Records a second, of two loads. */
  readonly lowRate: number
  readonly highRate: number
  readonly seconds: number
  readonly sizeBytes: number
  /** Of the disk alone, a round. */
  readonly syncs: number
}

interface Latencies extends Timing {
  readonly records: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** With how much of all cores' time the host of a virtual machine took away meanwhile, in percent. */
interface Measured extends Latencies {
  readonly stolen: number | undefined
}

const COMPARED = ['fsync', ...PEER_NAMES]

const AT_MOST = { bound: 'at most', unit: '×' } as const
const PEERS_HIGH = bestPeer(', high rate')

export const latency: Scenario<Parameters> = {
  name: 'latency',
  about: 'records are due at a steady rate; from due to received by a subscriber',
  columns: [
    { key: 'p50', title: 'p50 ms (min–max)', digits: 3 },
    { key: 'p99', title: 'p99 ms (min–max)', digits: 3, hasSpread: true },
    { key: 'p999', title: 'p99.9 ms', digits: 3 },
    { key: 'max', title: 'max ms', digits: 1 },
    { key: 'stolen', title: 'stolen %', digits: 1 },
    { key: 'serverCpu', title: 'server CPU s/M', digits: 1 },
  ],
  better: 'less',
  references: Object.fromEntries(
    ['low', 'high'].flatMap((load) =>
      COMPARED.map((subject) => [`${subject}, ${load} rate`, `relaxed, ${load} rate`]),
    ),
  ),
  wanted: [
    { ...AT_MOST, subject: 'relaxed, high rate', figure: 'p50', value: 1, against: PEERS_HIGH },
    { ...AT_MOST, subject: 'relaxed, high rate', figure: 'p99', value: 0.5, against: PEERS_HIGH },
    {
      ...AT_MOST,
      subject: 'fsync, high rate',
      figure: 'p99',
      value: 3,
      against: 'one fdatasync',
      againstFigure: 'p50',
    },
  ],
  elsewhere: LAVINMQ.latency,
  warmUps: 2,
  full: { lowRate: 1000, highRate: 10_000, seconds: 10, sizeBytes: 128, syncs: 1000 },
  small: { lowRate: 500, highRate: 2000, seconds: 0.3, sizeBytes: 128, syncs: 20 },
  async run(context) {
    const { lowRate, highRate, seconds, sizeBytes, syncs } = context.parameters
    const variants = await Variants.start(context)
    const disk = await context.start('disk', 'server')
    const clocks = {
      server: await context.start('clock', 'server'),
      client: await context.start('clock', 'client'),
    }
    const loads = { low: lowRate, high: highRate }
    for (const round of context.rounds()) {
      for (const [load, recordsPerSecond] of Object.entries(loads)) {
        await variants.each(async ({ subject, pair, durability }) => {
          const stream = `bench-${subject}-${load}-${round}`
          const job = { url: pair.url, stream, durability, recordsPerSecond, seconds, sizeBytes }
          await noteFigures(context, {
            subject: `${subject}, ${load} rate`,
            server: pair.server,
            work: () => measured(() => pair.client.ask<Latencies>('latency', job)),
            figures: (latencies, used) => ({
              ...figuresOf(latencies),
              records: latencies.records,
              recordsPerSecond,
              serverCpu: used.cpuSeconds / (latencies.records / 1e6),
            }),
          })
          await pair.client.ask('remove', job)
        })
      }
      const alone = await measured(() => disk.ask<Latencies>('sync', { count: syncs }))
      context.note({ subject: 'one fdatasync', values: figuresOf(alone) })
      const spinning = { seconds, recordsPerSecond: highRate }
      const beside = await measured(async () => {
        const synced = disk.ask<Latencies>('syncFor', { seconds })
        return (await Promise.all([synced, clocks.client.ask('spin', spinning)]))[0]
      })
      context.note({ subject: 'one fdatasync, a core busy', values: figuresOf(beside) })
      const idle = await measured(async () => {
        const looked = clocks.server.ask<Latencies>('spin', spinning)
        return (await Promise.all([looked, clocks.client.ask('spin', spinning)]))[0]
      })
      context.note({ subject: 'two clocks, high rate', values: figuresOf(idle) })
    }
  },
}

async function measured(work: () => Promise<Latencies>): Promise<Measured> {
  const meter = new OtherLoadMeter()
  const latencies = await work()
  const cores = meter.read()?.stolen
  return { ...latencies, stolen: cores === undefined ? undefined : (cores / cpus().length) * 100 }
}

function figuresOf({ p50, p99, p999, max, stolen }: Measured): Record<string, number> {
  return { p50, p99, p999, max, ...(stolen === undefined ? {} : { stolen }) }
}
