/**
 * Publishes and replays through the client package, and checks what comes back.
 *
 * Every record carries its number in its first eight bytes, so that order and completeness are verified
 * in the same run that is timed.
 */
import { connect, raw } from '@tailrace/client'
import { serveJobs, timed } from '../harness/actor.js'

interface StreamJob {
  readonly url: string
  readonly stream: string
}
interface PublishJob extends StreamJob {
  readonly durability: 'fsync' | 'relaxed'
  readonly records: number
  readonly sizeBytes: number
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
