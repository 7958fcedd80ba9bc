/** A process that opens a data directory that another one left behind. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '@tailrace/core'
import { serveJobs, timed } from '../harness/actor.js'
import { bytesReadFromDisk } from '../harness/page-cache.js'

serveJobs(
  {
    /** Opens the store and the stream, ready to append and read. */
    open: async ({ directory, stream }: { directory: string; stream: string }) => {
      const readBefore = bytesReadFromDisk() ?? 0
      let endOffset = 0
      let close = (): Promise<void> => Promise.resolve()
      const timing = await timed(async () => {
        const store = await openStore(directory)
        const log = await store.open(stream)
        endOffset = log.endOffset
        close = () => store.close()
      })
      const bytesRead = (bytesReadFromDisk() ?? 0) - readBefore
      await close()
      return { ...timing, endOffset, bytesRead }
    },
    /** Reads the largest files of the directory one after another: what the disk gives. */
    read: async ({ directory, bytes }: { directory: string; bytes: number }) => {
      const buffer = Buffer.alloc(2 ** 20)
      let total = 0
      const timing = await timed(async () => {
        for (const name of (await readdir(directory)).filter((each) => each.endsWith('.log'))) {
          const file = await open(join(directory, name))
          for (;;) {
            const { bytesRead } = await file.read(buffer)
            total += bytesRead
            if (bytesRead === 0 || total >= bytes) break
          }
          await file.close()
          if (total >= bytes) break
        }
      })
      return { ...timing, bytes: total }
    },
  },
  () => Promise.resolve(),
)
