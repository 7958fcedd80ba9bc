/** A process that embeds the log and fills a stream, to be killed or to leave it to others. */
import { openStore } from '@tailrace/core'
import { BatchBuilder } from '@tailrace/format'
import { RecordTemplate } from '../clients/record.js'
import { serveJobs, timed } from '../harness/actor.js'

const MIB = 2 ** 20

interface FillJob {
  readonly directory: string
  readonly stream: string
  readonly bytes: number
  readonly batchRecords: number
  readonly sizeBytes: number
}

interface FillNumberedJob extends Omit<FillJob, 'bytes'> {
  readonly records: number
}

serveJobs(
  {
    /** Appends so many numbered records and closes the store. */
    fillNumbered: async (job: FillNumberedJob) => {
      const { directory, stream, records, batchRecords, sizeBytes } = job
      const store = await openStore(directory)
      const log = await store.ensure(stream, { durability: 'relaxed' })
      const builder = new BatchBuilder()
      const record = new RecordTemplate(sizeBytes)
      const timing = await timed(async () => {
        for (let number = 0; number < records;) {
          const end = Math.min(records, number + batchRecords)
          for (; number < end; number += 1) builder.append(record.numbered(number))
          const batch = builder.build({ createTimeUs: 0 })
          while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
          log.appendBatch(batch)
        }
        await store.close()
      })
      return timing
    },
    /** Appends at least `bytes`, a commit for each MiB, and 4 MiB that no sync has seen. */
    fill: async ({ directory, stream, bytes, batchRecords, sizeBytes }: FillJob) => {
      const store = await openStore(directory)
      const log = await store.ensure(stream)
      const builder = new BatchBuilder()
      const value = new Uint8Array(sizeBytes).fill(0x2e)
      for (let at = 0; at < batchRecords; at += 1) builder.append(value)
      const batch = builder.build({ createTimeUs: 0 })
      const append = async (lengthMin: number): Promise<void> => {
        for (let written = 0; written < lengthMin; written += batch.length) {
          while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
          log.appendBatch(batch)
        }
      }
      const timing = await timed(async () => {
        for (let written = 0; written < bytes; written += MIB) {
          await append(MIB)
          await log.flush()
        }
      })
      await append(4 * MIB)
      return { ...timing, endOffset: log.endOffset, sizeBytes: log.describe().sizeBytes }
    },
  },
  () => Promise.resolve(),
)
