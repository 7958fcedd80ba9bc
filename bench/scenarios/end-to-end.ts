/**
 * Publishing and consuming at once, each in a process of its own: the consumer follows from the first
 * record on while the publisher goes as fast as it is acknowledged.
 *
 * Nobody is throttled on purpose. Publisher and consumer share a core where there are two, so a publisher
 * that takes most of it leaves the consumer to finish alone: the figure counts from the publisher's first
 * record to the consumer's last, and how long the publisher took is beside it.
 *
 * Beside it a bare pair: the publisher copies each value into a frame, the server writes the frame into a file
 * and sends it on, the consumer takes a view of each value. The publisher has to wait when 8 MiB are queued for the
 * consumer: there is no log to leave them in.
 */
import type { Timing } from '../harness/actor.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer } from '../harness/wanted.js'
import { LAVINMQ } from '../peers/lavinmq.js'
import { COLUMN_BYTES } from './publish.js'
import { Variants, noteFigures, peersAgainst, startBare, startBareRecords } from './sides.js'

interface Parameters {
  readonly records: number
  readonly sizeBytes: number
}

interface Published extends Timing {
  readonly startEpochMs: number
}
interface Consumed extends Timing {
  readonly endEpochMs: number
}

const WRITTEN = 'bare ws, copied and written'

export const endToEnd: Scenario<Parameters> = {
  name: 'end-to-end',
  about: 'one process publishes, another consumes what is published, at the same time',
  columns: [
    { key: 'recordsPerSecond', title: 'M records/s through (min–max)', digits: 2 },
    { key: 'publishedPerSecond', title: 'published', digits: 2 },
    { key: 'publisherCpu', title: 'CPU s/M publisher', digits: 3 },
    { key: 'consumerCpu', title: 'consumer', digits: 3 },
    { key: 'serverCpu', title: 'server', digits: 3 },
  ],
  better: 'more',
  references: { relaxed: WRITTEN, fsync: 'relaxed', ...peersAgainst('relaxed') },
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
  elsewhere: LAVINMQ.endToEnd,
  warmUps: 3,
  full: { records: 2_000_000, sizeBytes: 128 },
  small: { records: 10_000, sizeBytes: 128 },
  async run(context) {
    const { records, sizeBytes } = context.parameters
    const variants = await Variants.start(context)
    const consumers = await variants.startClients()
    const { server, url } = await startBare(context)
    const bare = {
      server,
      client: await startBareRecords(context),
      consumer: await startBareRecords(context),
    }
    const millions = records / 1e6
    const note = (
      subject: string,
      sides: Record<'server' | 'client' | 'consumer', ActorProcess>,
      job: object,
    ): Promise<void> =>
      noteFigures(context, {
        subject,
        server: sides.server,
        work: async () => {
          await sides.consumer.ask('follow', job)
          const published = await sides.client.ask<Published>('publish', job)
          return { published, consumed: await sides.consumer.ask<Consumed>('followed') }
        },
        figures: ({ published, consumed }, used) => ({
          records,
          recordsPerSecond: (millions * 1000) / (consumed.endEpochMs - published.startEpochMs),
          publishedPerSecond: millions / published.seconds,
          publisherCpu: published.cpuSeconds / millions,
          consumerCpu: consumed.cpuSeconds / millions,
          serverCpu: used.cpuSeconds / millions,
        }),
      })
    for (const round of context.rounds()) {
      await variants.each(async ({ subject, pair, durability }) => {
        const stream = `bench-${subject}-${round}`
        const job = { url: pair.url, stream, durability, records, sizeBytes }
        await note(subject, { ...pair, consumer: consumers.of(pair) }, job)
        await pair.client.ask('remove', job)
      })
      const job = { url: `${url}relay`, records, sizeBytes }
      await server.ask('prepareFile', { bytes: records * (sizeBytes + COLUMN_BYTES) })
      await note(WRITTEN, bare, job)
      await server.ask('checkFile', job)
    }
  },
}
