/**
 * A fast subscriber at the tail of a stream, with and without one beside it that reads next to nothing.
 *
 * The slow one is a client like any other whose process is stopped (SIGSTOP) once it has subscribed: it
 * neither reads its socket nor grants anything, and to the server its connection is alive. Whether the
 * server keeps anything for it shows in the server's anonymous memory, looked at while the run goes on.
 * The fast one verifies every record; the slow one goes on afterwards and has to get every record, too.
 */
import { anonymousMiBOf } from '../actors/footprint.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'
import { THROUGHPUT_COLUMNS } from '../harness/columns.js'
import type { Scenario } from '../harness/scenario.js'
import { COLUMN_BYTES } from './publish.js'
import { noteThroughput, startTailrace } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
  /** Records that the publisher may be ahead of the fast subscriber. */
  readonly aheadMax: number
}

interface Follower {
  readonly pid: number
}

const ALONE = 'alone'
const BESIDE = 'beside a stopped one'
const LOOK_INTERVAL_MS = 50

export const slowSubscriber: Scenario<Parameters> = {
  name: 'slow',
  about: 'a fast subscriber, alone and beside one that reads nothing',
  columns: [
    ...THROUGHPUT_COLUMNS,
    { key: 'peakMiB', title: 'server MiB anonymous, peak (min–max)', digits: 1, hasSpread: true },
  ],
  better: 'more',
  references: { [BESIDE]: ALONE },
  wanted: [
    {
      subject: BESIDE,
      figure: 'recordsPerSecond',
      bound: 'at least',
      value: 95,
      unit: '%',
      against: ALONE,
    },
    { subject: BESIDE, figure: 'peakMiB', bound: 'at most', value: 110, unit: '%', against: ALONE },
  ],
  full: { records: 4_000_000, sizeBytes: 128, aheadMax: 20_000 },
  small: { records: 20_000, sizeBytes: 128, aheadMax: 1000 },
  async run(context) {
    const { records, sizeBytes, aheadMax } = context.parameters
    const { server, client, url } = await startTailrace(context)
    const { pid } = await server.ask<{ pid: number }>('address')
    const slow = await context.start('tailrace-client', 'client')
    const bytes = records * (sizeBytes + COLUMN_BYTES)
    for (const round of context.rounds()) {
      for (const subject of [ALONE, BESIDE]) {
        const stream = `bench-${round}-${subject === ALONE ? 'alone' : 'beside'}`
        const job = { url, stream, durability: 'relaxed', records, sizeBytes }
        const work = () =>
          withPeak(pid, () => client.ask<Timing>('fanOut', { ...job, subscribers: 1, aheadMax }))
        const more = ({ peakMiB }: { readonly peakMiB: number }) => ({ peakMiB })
        const run = { subject, server, records, bytes, work, more }
        if (subject === ALONE) await noteThroughput(context, run)
        else await besideStopped(slow, job, () => noteThroughput(context, run))
        await client.ask('remove', job)
      }
    }
  },
}

/** Has `slow` subscribe, stops its process during the work, and has it read everything afterwards. */
async function besideStopped(
  slow: ActorProcess,
  job: object,
  work: () => Promise<void>,
): Promise<void> {
  const { pid } = await slow.ask<Follower>('follow', job)
  process.kill(pid, 'SIGSTOP')
  try {
    await work()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await slow.ask('followed')
}

/** The most anonymous memory that the process had at a look while the work went on. */
async function withPeak<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<Result & { readonly peakMiB: number }> {
  let peakMiB = anonymousMiBOf(pid)
  const look = setInterval(() => {
    peakMiB = Math.max(peakMiB, anonymousMiBOf(pid))
  }, LOOK_INTERVAL_MS)
  try {
    const result = await work()
    return { ...result, peakMiB: Math.max(peakMiB, anonymousMiBOf(pid)) }
  } finally {
    clearInterval(look)
  }
}
