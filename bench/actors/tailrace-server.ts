/** A Tailrace server on a temporary data directory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@tailrace/server'
import { serveJobs } from '../harness/actor.js'

const dataDirectory = await mkdtemp(
  join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'tailrace-bench-'),
)
const server = await startServer({ store: dataDirectory, port: 0 })

serveJobs(
  {
    address: () => Promise.resolve({ url: server.url }),
    cpu: () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve({ seconds: (user + system) / 1e6 })
    },
  },
  async () => {
    await server.close()
    await rm(dataDirectory, { recursive: true, force: true })
  },
)
