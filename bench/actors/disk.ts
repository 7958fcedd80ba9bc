/** What the disk does with no log on it: the limit of whoever waits for it. */
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveJobs, timed } from '../harness/actor.js'
import { latencyHistogram, quantiles } from '../harness/latency.js'

const CHUNK_BYTES = 2 ** 20
const PAGE_BYTES = 4096
/** Overwritten from its beginning again when it ends. */
const FILE_BYTES = 4 * CHUNK_BYTES

serveJobs(
  {
    /**
     * Overwrites a page and syncs it, again and again. The blocks are there from the start, as those of a
     * prepared segment are, so that a sync is not also a change of the file's metadata.
     */
    sync: async ({ count }: { count: number }) => {
      const parent = process.env['TAILRACE_BENCH_DIR'] ?? tmpdir()
      const directory = await mkdtemp(join(parent, 'tailrace-bench-'))
      const histogram = latencyHistogram()
      const file = await open(join(directory, 'pages'), 'w+')
      await file.write(Buffer.alloc(FILE_BYTES, 0x2e))
      await file.datasync()
      const page = Buffer.alloc(PAGE_BYTES, 0x2f)
      const timing = await timed(async () => {
        for (let at = 0; at < count; at += 1) {
          const start = performance.now()
          await file.write(page, 0, page.length, (at * PAGE_BYTES) % FILE_BYTES)
          await file.datasync()
          histogram.recordValue(Math.max(1, Math.round((performance.now() - start) * 1000)))
        }
      })
      await file.close()
      await rm(directory, { recursive: true })
      return { ...timing, ...quantiles(histogram) }
    },
    /** Reads the segment files of a stream one after another, from beginning to end. */
    read: async ({ directory }: { directory: string }) => {
      const buffer = Buffer.alloc(CHUNK_BYTES)
      const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).toSorted()
      let bytes = 0
      const timing = await timed(async () => {
        for (const name of names) {
          const file = await open(join(directory, name))
          for (;;) {
            const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null)
            bytes += bytesRead
            if (bytesRead === 0) break
          }
          await file.close()
        }
      })
      return { ...timing, bytes }
    },
  },
  () => Promise.resolve(),
)
