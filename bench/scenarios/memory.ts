/**
 * What a server holds: for connections that are idle, each with a subscription parked at the tail, and
 * for a large log that it has taken.
 *
 * Every round has a server of its own: what an earlier round gave back would be used again and cost
 * nothing. Before anything is counted it has published and delivered, so that its code is compiled. What
 * is counted is what an operator sees, garbage included; what the connections hold for good is in a row of
 * its own, between two collections. At the end one record is published, which each of the parked
 * subscriptions must receive.
 *
 * Not measured: what the kernel holds for the sockets.
 */
import { footprintOf } from '../actors/footprint.js'
import type { ActorProcess } from '../harness/actor-process.js'
import type { Scenario, ScenarioContext } from '../harness/scenario.js'

interface Parameters {
  readonly connections: number
  readonly records: number
  readonly sizeBytes: number
}

/** Published and read before the first figure. */
const WARM_UP_RECORDS = 100_000

export const memory: Scenario<Parameters> = {
  name: 'memory',
  about: 'memory of a server with idle connections, and with a large log',
  columns: [
    { key: 'privateMiB', title: 'MiB private (min–max)', digits: 1 },
    { key: 'anonymousMiB', title: 'anonymous', digits: 1 },
    { key: 'connectionKiB', title: 'KiB a connection', digits: 1 },
    { key: 'descriptors', title: 'descriptors', digits: 0 },
    { key: 'mappings', title: 'mappings', digits: 0 },
  ],
  better: 'less',
  references: {},
  wanted: [
    { subject: 'connections', figure: 'connectionKiB', bound: 'at most', value: 20, unit: 'KiB' },
    { subject: 'and records', figure: 'privateMiB', bound: 'at most', value: 100, unit: 'MiB' },
  ],
  full: { connections: 1000, records: 100_000_000, sizeBytes: 16 },
  small: { connections: 20, records: 20_000, sizeBytes: 16 },
  async run(context) {
    const client = await context.start('tailrace-client', 'client')
    for (const round of context.rounds()) {
      const server = await context.start('tailrace-server', 'server')
      await context.settle()
      await measure(context, { server, client, isWarmUp: round === 0 })
      await server[Symbol.asyncDispose]()
    }
  },
}

async function measure(
  context: ScenarioContext<Parameters>,
  run: { readonly server: ActorProcess; readonly client: ActorProcess; readonly isWarmUp: boolean },
): Promise<void> {
  const { server, client, isWarmUp } = run
  const { connections, records: all, sizeBytes } = context.parameters
  const records = isWarmUp ? all / 100 : all
  const { url, pid } = await server.ask<{ url: string; pid: number }>('address')
  const job = { url, durability: 'relaxed', sizeBytes }
  const warmUp = { ...job, stream: 'warm-up', records: Math.min(records, WARM_UP_RECORDS) }
  await client.ask('publish', warmUp)
  await client.ask('replay', warmUp)
  await client.ask('remove', warmUp)
  await server.ask('collect')
  const before = footprintOf(pid)
  context.note({ subject: 'before', values: { ...before } })
  await client.ask('idle', { ...job, stream: 'idle', connections })
  const noteIdle = (subject: string): void => {
    const idle = footprintOf(pid)
    const connectionKiB = ((idle.privateMiB - before.privateMiB) * 1024) / connections
    context.note({ subject, values: { ...idle, connectionKiB } })
  }
  noteIdle('connections')
  await server.ask('collect')
  noteIdle('connections, collected')
  await client.ask('publish', { ...job, stream: 'large', records })
  context.note({ subject: 'and records', values: { ...footprintOf(pid) } })
  await client.ask('wake')
}
