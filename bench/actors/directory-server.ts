/** A Tailrace server on a data directory that is there already and stays when it ends. */
import { openStore } from '@tailrace/core'
import { letHeapGrow, startServer } from '@tailrace/server'
import { serveJobs } from '../harness/actor.js'

// As `tailrace serve` does.
letHeapGrow()
const closing: (() => Promise<void>)[] = []

serveJobs(
  {
    serve: async ({ directory }: { directory: string }) => {
      const store = await openStore(directory)
      const server = await startServer({ store, port: 0 })
      closing.push(
        () => server.close(),
        () => store.close(),
      )
      return { url: server.url, pid: process.pid }
    },
    counters: () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve({ cpuSeconds: (user + system) / 1e6, syncs: 0 })
    },
  },
  async () => {
    for (const close of closing) await close()
  },
)
