/**
 * What this machine allows, with no log on it: the same bytes over a bare `node:net` pair and a bare `ws`
 * pair, in both directions, and into memory and files.
 *
 * A copy into a new mapping meets fresh pages, one into a prepared mapping those that were written with
 * zeros before, as the log's are. Everything that arrives is counted and in order, everything that is
 * written is compared afterwards.
 */
import type { Timing } from '../harness/actor.js'
import type { ActorProcess } from '../harness/actor-process.js'
import { counted } from '../harness/counters.js'
import type { Scenario, ScenarioContext } from '../harness/scenario.js'
import { startBare } from './sides.js'

interface Parameters {
  readonly bytes: number
  /** Of a frame, a copy and a write. */
  readonly chunkBytes: number
}

const NET = { up: 'net, to the server', down: 'net, to the client' } as const
const WS = { up: 'ws, to the server', down: 'ws, to the client' } as const
const AGAIN = 'copy, again'

export const limits: Scenario<Parameters> = {
  name: 'limits',
  about: 'the same bytes over bare sockets, into mappings and into files, with no log on them',
  columns: [
    { key: 'gigabytesPerSecond', title: 'GB/s (min–max)', digits: 2 },
    { key: 'chunksPerSecond', title: 'k chunks/s', digits: 1 },
    { key: 'clientCpu', title: 'CPU s/GB client', digits: 2 },
    { key: 'serverCpu', title: 'server', digits: 2 },
  ],
  better: 'more',
  references: {
    [WS.up]: NET.up,
    [WS.down]: NET.down,
    'copy, new mapping': AGAIN,
    'copy, prepared mapping': AGAIN,
    'pwrite, prepared file': AGAIN,
    'write, new file': AGAIN,
  },
  full: { bytes: 528_000_000, chunkBytes: 64 * 1024 },
  small: { bytes: 2_640_000, chunkBytes: 64 * 1024 },
  async run(context) {
    const { bytes, chunkBytes } = context.parameters
    const ws = await startBare(context)
    const net = await startNet(context)
    const memory = await context.start('memory', 'server')
    const note = (subject: string, timing: Timing, serverCpuSeconds?: number): void => {
      const { seconds, cpuSeconds } = timing
      const gigabytes = bytes / 1e9
      context.note({
        subject,
        values: {
          gigabytesPerSecond: gigabytes / seconds,
          chunksPerSecond: bytes / chunkBytes / seconds / 1000,
          ...(serverCpuSeconds === undefined
            ? { serverCpu: cpuSeconds / gigabytes }
            : { clientCpu: cpuSeconds / gigabytes, serverCpu: serverCpuSeconds / gigabytes }),
        },
      })
    }
    const pairs = [
      { ...net, names: NET },
      { ...ws, names: WS },
    ]
    const job = { bytes, chunkBytes }
    const copy = async (subject: string): Promise<void> => {
      await context.settle()
      note(subject, await memory.ask<Timing>('copy', job))
    }
    for (const _round of context.rounds()) {
      for (const { server, client, url, names } of pairs) {
        for (const [direction, work] of [
          ['up', 'publish'],
          ['down', 'replay'],
        ] as const) {
          await context.settle()
          const { result, used } = await counted(server, () =>
            client.ask<Timing>(work, { url, bytes, frameBytes: chunkBytes }),
          )
          note(names[direction], result, used.cpuSeconds)
        }
      }
      await memory.ask('mapHole', job)
      await copy('copy, new mapping')
      await copy(AGAIN)
      await memory.ask('unmap', job)
      await memory.ask('mapPrepared', job)
      await copy('copy, prepared mapping')
      await memory.ask('unmap', job)
      await context.settle()
      note('pwrite, prepared file', await memory.ask<Timing>('pwrite', job))
      await context.settle()
      note('write, new file', await ws.server.ask<Timing>('writeFile', job))
    }
  },
}

async function startNet(
  context: ScenarioContext<unknown>,
): Promise<{ readonly server: ActorProcess; readonly client: ActorProcess; readonly url: string }> {
  const server = await context.start('net-server', 'server')
  const client = await context.start('net-client', 'client')
  return { server, client, ...(await server.ask<{ url: string }>('address')) }
}
