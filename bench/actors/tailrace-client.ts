/**
 * Publishes and replays through the client package, and checks what comes back.
 *
 * Every record carries its number in its first eight bytes, so that order and completeness are verified
 * in the same run that is timed.
 */
import { connect, raw } from '@tailrace/client'
import type { Producer } from '@tailrace/client'
import type { Histogram } from 'hdr-histogram-js'
import { serveJobs, timed } from '../harness/actor.js'
import { latencyHistogram, quantiles } from '../harness/latency.js'

interface StreamJob {
  readonly url: string
  readonly stream: string
}
interface PublishJob extends StreamJob {
  readonly durability: 'fsync' | 'relaxed'
  readonly records: number
  readonly sizeBytes: number
}
interface PublishEachJob extends PublishJob {
  readonly publishers: number
  readonly window: number
}
interface ReplayJob extends StreamJob {
  readonly records: number
}

serveJobs(
  {
    publish: async ({ url, stream: name, durability, records, sizeBytes }: PublishJob) => {
      await using client = await connect(url)
      const stream = client.stream<Uint8Array>(name, { codec: raw })
      await stream.ensure({ durability })
      await using producer = stream.producer()
      await producer.open()
      const value = new Uint8Array(sizeBytes).fill(0x2e)
      const view = new DataView(value.buffer)
      const timing = await timed(async () => {
        for (let at = 0; at < records; at += 1) {
          view.setUint32(0, at, true)
          if (!producer.send(value)) await producer.ready()
        }
        await producer.flush()
      })
      if (producer.acknowledgedCount !== records) {
        throw new Error(`${producer.acknowledgedCount} of ${records} records were acknowledged`)
      }
      return timing
    },
    /** Several publishers, each with single calls in flight that are awaited one by one. */
    publishEach: async (job: PublishEachJob) => {
      const { url, stream: name, durability, records, sizeBytes, publishers, window } = job
      const clients = await Promise.all(Array.from({ length: publishers }, () => connect(url)))
      const streams = clients.map((client) => client.stream<Uint8Array>(name, { codec: raw }))
      await streams[0]?.ensure({ durability })
      const producers = streams.map((stream) => stream.producer())
      await Promise.all(producers.map((producer) => producer.open()))
      const histogram = latencyHistogram()
      const work = { left: records, value: new Uint8Array(sizeBytes).fill(0x2e), histogram }
      const timing = await timed(async () => {
        const callers = producers.flatMap((producer) =>
          Array.from({ length: window }, () => publishOneByOne(producer, work)),
        )
        await Promise.all(callers)
      })
      const endOffset = (await streams[0]?.describe())?.endOffset
      if (endOffset !== records) throw new Error(`${String(endOffset)} of ${records} were stored`)
      for (const producer of producers) await producer.close()
      for (const client of clients) await client.close()
      return { ...timing, ...quantiles(histogram) }
    },
    replay: async ({ url, stream: name, records }: ReplayJob) => {
      await using client = await connect(url)
      const stream = client.stream<Uint8Array>(name, { codec: raw })
      let next = 0
      let bytes = 0
      const timing = await timed(async () => {
        const subscription = stream.subscribe({ from: 'first', to: 'end' })
        for await (const batch of subscription.batches()) {
          for (let at = batch.firstIndex; at < batch.endIndex; at += 1) {
            const value = batch.value(at)
            const number =
              (value[0] ?? 0) |
              ((value[1] ?? 0) << 8) |
              ((value[2] ?? 0) << 16) |
              ((value[3] ?? 0) << 24)
            if (number !== (next | 0)) throw new Error(`record ${next} carries number ${number}`)
            next += 1
            bytes += value.length
          }
        }
      })
      if (next !== records) throw new Error(`${next} of ${records} records came back`)
      return { ...timing, bytes }
    },
    remove: async ({ url, stream }: StreamJob) => {
      await using client = await connect(url)
      await client.stream(stream).delete()
      return {}
    },
  },
  () => Promise.resolve(),
)

/** One caller: the next call when the last is acknowledged, until all work is taken. */
async function publishOneByOne(
  producer: Producer<Uint8Array>,
  work: { left: number; readonly value: Uint8Array; readonly histogram: Histogram },
): Promise<void> {
  while (work.left > 0) {
    work.left -= 1
    const start = performance.now()
    await producer.publish(work.value)
    work.histogram.recordValue(Math.max(1, Math.round((performance.now() - start) * 1000)))
  }
}
