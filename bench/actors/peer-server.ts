/**
 * Starts and stops the server of another system, on the core on which it runs itself.
 *
 * Does nothing while it runs. It has a process of its own so that the server inherits its core, and ends
 * with it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveJobs } from '../harness/actor.js'
import { PEERS } from '../peers/index.js'
import type { PeerName, PeerServer } from '../peers/peer.js'
import { cpuSecondsOf } from '../peers/process-table.js'

const directory = await mkdtemp(join(process.env['TAILRACE_BENCH_DIR'] ?? tmpdir(), 'bench-peer-'))
let server: PeerServer | undefined

serveJobs(
  {
    start: async ({ peer }: { peer: PeerName }) => {
      server = await PEERS[peer].start(directory)
      return { url: server.address }
    },
    counters: () => Promise.resolve({ cpuSeconds: cpuSecondsOf(server?.pids ?? []), syncs: 0 }),
  },
  async () => {
    await server?.stop()
    await rm(directory, { recursive: true, force: true })
  },
)
