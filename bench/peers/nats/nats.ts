/** NATS JetStream. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from '../peer.js'
import { ServerProcess, findProgram, freePort } from '../server-process.js'

const PROGRAM = 'nats-server'

export const nats: Peer = {
  name: 'nats',
  package: 'nats-server',
  ackMeans: 'in the page cache of one server; synced every two minutes',
  settings: [
    'file storage, one replica, sync_interval as it comes (2m)',
    'publishing: acknowledgements to one inbox, 2,048 records in flight (js.publish() makes a request of each record and is two to three times slower; the single calls use it)',
    'reading: ordered consumer, callback, max_messages 5,000',
  ],
  version() {
    const program = findProgram(PROGRAM)
    if (program === undefined) return undefined
    return /v([\d.]+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1]
  },
  async start(directory) {
    const port = await freePort()
    const configuration = join(directory, 'nats.conf')
    writeFileSync(
      configuration,
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(directory)} }\n`,
    )
    const server = new ServerProcess({
      program: findProgram(PROGRAM) ?? PROGRAM,
      words: ['--config', configuration],
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
