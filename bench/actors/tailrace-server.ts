/** A Tailrace server on a temporary data directory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openStore } from '@tailrace/core'
import { letHeapGrow, startServer } from '@tailrace/server'
import { serveJobs } from '../harness/actor.js'
import { CountingStorage } from './counting-storage.js'

const dataDirectory = await mkdtemp(
  join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
)
// As `tailrace serve` does.
letHeapGrow()
const storage = new CountingStorage(dataDirectory)
const store = await openStore(dataDirectory, { storage })
const server = await startServer({ store, port: 0 })

serveJobs(
  {
    address: () => Promise.resolve({ url: server.url, pid: process.pid }),
    counters: () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve({ cpuSeconds: (user + system) / 1e6, syncs: storage.syncs })
    },
    /** Collects garbage, and once more for buffers that are freed some turns after their owners. */
    collect: async () => {
      setFlagsFromString('--expose-gc')
      const collectGarbage = runInNewContext('gc') as () => void
      collectGarbage()
      await nextTurn()
      collectGarbage()
      return {}
    },
  },
  async () => {
    await server.close()
    await store.close()
    await rm(dataDirectory, { recursive: true, force: true })
  },
)
