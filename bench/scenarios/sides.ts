/** Servers with their clients, and runs of them that are counted. */
import type { ActorProcess } from '../harness/actor-process.js'
import type { Timing } from '../harness/actor.js'
import { throughput } from '../harness/columns.js'
import { counted } from '../harness/counters.js'
import type { Counters } from '../harness/counters.js'
import { PEER_NAMES } from '../peers/peer.js'
import type { Pair, ScenarioContext } from '../harness/scenario.js'

/** Starts our server and our client. */
export async function startTailrace(context: ScenarioContext<unknown>): Promise<Pair> {
  const server = await context.start('tailrace-server', 'server')
  const client = await context.start('tailrace-client', 'client')
  const { url } = await server.ask<{ url: string }>('address')
  return { name: 'tailrace', server, client, url }
}

/** Starts the bare pair that nothing can be faster than. */
export async function startBare(context: ScenarioContext<unknown>): Promise<Omit<Pair, 'name'>> {
  const server = await context.start('bare-server', 'server')
  const client = await context.start('bare-client', 'client')
  const { url } = await server.ask<{ url: string }>('address')
  return { server, client, url }
}

/**
 * A client on that server which does the least that one can that takes values and hands them out: see
 * clients/bare.ts, and actors/bare-records.ts for what the server does by the path of its address.
 */
export function startBareRecords(context: ScenarioContext<unknown>): Promise<ActorProcess> {
  return context.start('bare-records-client', 'client')
}

/**
 * Client processes, one for each kind of work: what one has V8 compile, and how large it makes the heap, costs
 * the others up to half of their speed where they share one.
 */
export class Processes {
  readonly #context: ScenarioContext<unknown>
  readonly #started = new Map<string, ActorProcess>()

  constructor(context: ScenarioContext<unknown>) {
    this.#context = context
  }

  /** The process of an actor for a kind of work, started when it is first asked for. */
  async of(actor: string, work: string): Promise<ActorProcess> {
    const key = `${actor} ${work}`
    const found = this.#started.get(key) ?? (await this.#context.start(actor, 'client'))
    this.#started.set(key, found)
    return found
  }
}

/** Each peer compared with this subject of ours. */
export function peersAgainst(subject: string): Record<string, string> {
  return Object.fromEntries(PEER_NAMES.map((name) => [name, subject]))
}

/** What each of the subjects of a round is. */
export interface Variant {
  readonly subject: string
  readonly pair: Pair
  readonly durability: 'fsync' | 'relaxed'
}

/**
 * Our streams of both kinds, then the peers.
 *
 * A peer that has failed in a round is out from then on, with a remark: its figures would be those of
 * rounds that the others had too, and a run of hours does not end for it. A failure of ours ends the run.
 */
export class Variants {
  readonly #context: ScenarioContext<unknown>
  #variants: readonly Variant[]

  constructor(context: ScenarioContext<unknown>, variants: readonly Variant[]) {
    this.#context = context
    this.#variants = variants
  }

  /** Starts everything; ours with these durabilities. */
  static async start(
    context: ScenarioContext<unknown>,
    durabilities: readonly Variant['durability'][] = ['relaxed', 'fsync'],
  ): Promise<Variants> {
    const tailrace = await startTailrace(context)
    const peers = await context.startPeers()
    return new Variants(context, [
      ...durabilities.map((durability) => ({ subject: durability, pair: tailrace, durability })),
      ...peers.map((pair) => ({ subject: pair.name, pair, durability: 'relaxed' as const })),
    ])
  }

  /** Starts a second client process for each of the servers. */
  async startClients(): Promise<{ of(pair: Pair): ActorProcess }> {
    const clients = new Map<Pair, ActorProcess>()
    for (const { pair } of this.#variants) {
      if (clients.has(pair)) continue
      clients.set(pair, await this.#context.start(`${pair.name}-client`, 'client'))
    }
    return {
      of(pair) {
        const client = clients.get(pair)
        if (client === undefined) throw new Error(`${pair.name} has no second client`)
        return client
      },
    }
  }

  /** Has each of them take its turn. */
  async each(turn: (variant: Variant) => Promise<void>): Promise<void> {
    for (const variant of this.#variants) {
      try {
        await turn(variant)
      } catch (error) {
        if (variant.pair.name === 'tailrace') throw error
        this.#variants = this.#variants.filter((other) => other !== variant)
        const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
        this.#context.remark(`${variant.subject} failed and is left out from then on: ${line}`)
      }
    }
  }
}

/** Runs `work` and notes what it moved as the subject's figures. */
export async function noteThroughput<Result extends Timing>(
  context: ScenarioContext<unknown>,
  run: {
    readonly subject: string
    readonly server: Pair['server']
    readonly records: number
    readonly bytes: number
    readonly work: () => Promise<Result>
    /** Figures besides those of THROUGHPUT_COLUMNS. */
    readonly more?: (result: Result) => Record<string, number>
  },
): Promise<void> {
  const { subject, records, bytes } = run
  await context.settle()
  const { result, used } = await counted(run.server, run.work)
  const moved = { ...result, records, bytes, serverCpuSeconds: used.cpuSeconds }
  context.note({ subject, values: { ...throughput(moved), ...run.more?.(result) } })
}

/** The same for figures that the scenario makes itself. */
export async function noteFigures<Result>(
  context: ScenarioContext<unknown>,
  run: {
    readonly subject: string
    readonly server: Pair['server']
    readonly work: () => Promise<Result>
    readonly figures: (result: Result, used: Counters) => Record<string, number>
  },
): Promise<void> {
  await context.settle()
  const { result, used } = await counted(run.server, run.work)
  context.note({ subject: run.subject, values: run.figures(result, used) })
}
