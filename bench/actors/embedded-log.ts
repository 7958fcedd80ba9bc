/** A process that embeds the log and does nothing else with it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@tailrace/core'
import { serveJobs, timed } from '../harness/actor.js'
import { embeddedLimits } from './embedded-limits.js'

const directory = await mkdtemp(
  join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
)
const store = await openStore(directory)

interface AppendJob {
  readonly stream: string
  readonly records: number
  readonly sizeBytes: number
  /** Records of a batch; 1 appends them one by one. */
  readonly batchRecords: number
  /** Appends that are not waited for before the next. */
  readonly window: number
}

serveJobs(
  {
    ...embeddedLimits(),
    append: async ({ stream, records, sizeBytes, batchRecords, window }: AppendJob) => {
      const log = await store.ensure(stream, { durability: 'relaxed' })
      const value = new Uint8Array(sizeBytes).fill(0x2e)
      const record = { value }
      const batch = Array.from({ length: batchRecords }, () => record)
      const timing = await timed(async () => {
        for (let at = 0; at < records; at += batchRecords * window) {
          let last: Promise<unknown> = Promise.resolve()
          for (let ahead = 0; ahead < window; ahead += 1) {
            last = log.append(batchRecords === 1 ? record : batch)
          }
          await last
        }
      })
      if (log.endOffset < records) throw new Error(`${log.endOffset} of ${records} are there`)
      return timing
    },
    /** Visits every record: its first byte is read where it lies. */
    read: async ({ stream, records }: { stream: string; records: number }) => {
      const log = await store.open(stream)
      let count = 0
      let sum = 0
      const timing = await timed(() => {
        for (const batch of log.batches({ from: 'first' })) {
          for (let at = 0; at < batch.recordCount; at += 1) sum += batch.value(at)[0] ?? 0
          count += batch.recordCount
        }
        return Promise.resolve()
      })
      if (count < records || sum !== count * 0x2e) throw new Error(`${count} of ${records} visited`)
      return timing
    },
    /** The same without an object per record. */
    visit: async ({ stream, records }: { stream: string; records: number }) => {
      const log = await store.open(stream)
      let count = 0
      let sum = 0
      const timing = await timed(() => {
        for (const batch of log.batches({ from: 'first' })) {
          const bytes = batch.bytes()
          const { position, recordCount } = batch
          for (let at = 0; at < recordCount; at += 1) {
            sum += bytes[batch.valueStart(at) - position] ?? 0
          }
          count += batch.recordCount
        }
        return Promise.resolve()
      })
      if (count < records || sum !== count * 0x2e) throw new Error(`${count} of ${records} visited`)
      return timing
    },
    remove: async ({ stream }: { stream: string }) => {
      await store.delete(stream)
      return {}
    },
  },
  async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  },
)
