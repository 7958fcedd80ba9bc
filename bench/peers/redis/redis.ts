/** Redis Streams. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from '../peer.js'
import { ServerProcess, findProgram, freePort } from '../server-process.js'

const PROGRAM = 'redis-server'
const CONFIGURATION = [
  'appendonly yes',
  'appendfsync everysec',
  'save ""',
  'auto-aof-rewrite-percentage 0',
]

export const redis: Peer = {
  name: 'redis',
  package: 'redis-server',
  ackMeans: 'in memory; written and synced within about a second',
  settings: [
    `${CONFIGURATION.join(', ')} (no snapshot and no rewriting of the log while it is measured)`,
    'publishing: pipelines of up to 1,000 XADD, four of them in flight; single calls are pipelined by the client itself',
    'reading: XREAD COUNT 1000 BLOCK, the next one asked for before the last one is handed out',
  ],
  version() {
    const program = findProgram(PROGRAM)
    if (program === undefined) return undefined
    return /v=([\d.]+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1]
  },
  async start(directory) {
    const port = await freePort()
    const configuration = join(directory, 'redis.conf')
    const lines = ['bind 127.0.0.1', `port ${port}`, `dir ${directory}`, ...CONFIGURATION]
    writeFileSync(configuration, `${lines.join('\n')}\n`)
    const server = new ServerProcess({
      program: findProgram(PROGRAM) ?? PROGRAM,
      words: [configuration],
      outputFile: join(directory, 'output.log'),
    })
    try {
      await server.listens(port)
    } catch (error) {
      await server.stop()
      throw error
    }
    return { address: `127.0.0.1:${port}`, pids: [server.pid], stop: () => server.stop() }
  },
}
