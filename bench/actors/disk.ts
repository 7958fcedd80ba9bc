/** What the disk does with no log on it: the limit of whoever waits for it. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { serveJobs, timed } from '../harness/actor.js'
import { timeSyncs, timeSyncsFor } from '../harness/disk-sync.js'

const CHUNK_BYTES = 2 ** 20

serveJobs(
  {
    sync: ({ count }: { count: number }) => timeSyncs(count),
    syncFor: ({ seconds }: { seconds: number }) => timeSyncsFor(seconds),
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
