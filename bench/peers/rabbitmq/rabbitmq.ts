/**
 * RabbitMQ Streams.
 *
 * Debian's command wants to become the user `rabbitmq`; the script behind it runs as whoever calls it.
 * A node finds others through `epmd`, which it would leave running: here it gets one of its own.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from '../peer.js'
import { ServerProcess, findProgram, freePort } from '../server-process.js'

const SCRIPT = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const LIBRARY = '/usr/lib/rabbitmq/lib'

export const rabbitmq: Peer = {
  name: 'rabbitmq',
  package: 'rabbitmq-server',
  ackMeans: 'in the page cache of one server; never synced',
  settings: [
    'one node, the plugin rabbitmq_stream, streams with their defaults',
    'publishing: send(), 300 records a frame, at most 10,000 without confirmation; no sub-entry batches, of which this client reads only the first of a chunk',
    'reading: ten chunks of credit; this client then hands out the records of several chunks mixed up, and the bench puts them in order again',
    'the client dumps every frame for a debug log that is off; the bench makes that dump free, which its users have to pay',
  ],
  version() {
    if (findProgram('rabbitmq-server') === undefined || findProgram('epmd') === undefined) {
      return undefined
    }
    const names = readdirSync(LIBRARY)
    return names.map((name) => /^rabbitmq_server-(.+)$/.exec(name)?.[1]).find(Boolean)
  },
  async start(directory) {
    const outputFile = join(directory, 'output.log')
    const [names, queue, stream, distribution] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ]
    const env = environment(directory, { names, distribution })
    const configuration = [
      `listeners.tcp.default = 127.0.0.1:${queue}`,
      `stream.listeners.tcp.default = 127.0.0.1:${stream}`,
      'stream.advertised_host = 127.0.0.1',
      `stream.advertised_port = ${stream}`,
      'log.console = true',
      'log.console.level = warning',
      'log.file = false',
    ]
    mkdirSync(join(directory, 'log'))
    writeFileSync(env['RABBITMQ_CONFIG_FILE'] ?? '', `${configuration.join('\n')}\n`)
    writeFileSync(env['RABBITMQ_ENABLED_PLUGINS_FILE'] ?? '', '[rabbitmq_stream].\n')
    const epmd = new ServerProcess({
      program: findProgram('epmd') ?? 'epmd',
      words: ['-port', String(names), '-address', '127.0.0.1'],
      outputFile,
    })
    const started = [epmd]
    const stop = async (): Promise<void> => {
      for (const each of started.toReversed()) await each.stop()
    }
    try {
      await epmd.listens(names)
      const node = new ServerProcess({ program: SCRIPT, words: [], env, outputFile })
      started.push(node)
      await node.listens(stream)
    } catch (error) {
      await stop()
      throw error
    }
    return { address: `127.0.0.1:${stream}`, pids: started.map(({ pid }) => pid), stop }
  },
}

/** Everything that it writes goes to the directory, its cookie too. */
function environment(
  directory: string,
  ports: { readonly names: number; readonly distribution: number },
): Record<string, string> {
  return {
    HOME: directory,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(ports.names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(directory, 'feature_flags'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(directory, 'generated'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_SCHEMA_DIR: join(directory, 'schema'),
    // The node itself takes the place of the script, so that there is one process to stop.
    RUNNING_UNDER_SYSTEMD: '1',
  }
}
