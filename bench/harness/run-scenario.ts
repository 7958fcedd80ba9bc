/** Runs a scenario and collects what it reports. */
import { PEERS } from '../peers/index.js'
import { PEER_NAMES } from '../peers/peer.js'
import type { PeerName } from '../peers/peer.js'
import { canPin } from './actor-process.js'
import { OtherLoadMeter } from './other-load.js'
import type { OtherLoad } from './other-load.js'
import { ScenarioResources } from './scenario-resources.js'
import type { Measurement, Pair, Scenario, ScenarioContext, Side } from './scenario.js'
import type { WarmMemory } from './warm-memory.js'

/** Everything a scenario reported. */
export interface ScenarioResult {
  readonly scenario: string
  readonly parameters: object
  /** Rounds before those that count. */
  readonly warmUps: number
  /** In the order of the runs, the warm-up left out. */
  readonly measurements: readonly RoundMeasurement[]
  readonly remarks: readonly string[]
  /** The other systems that took part. */
  readonly peers: readonly PeerReport[]
  /** What others used of the machine meanwhile, in cores; undefined where the kernel does not say. */
  readonly otherLoad?: OtherLoad | undefined
}

/** A run of a subject, and in which of the counted rounds it was. */
export interface RoundMeasurement extends Measurement {
  readonly round: number
}

/** Another system, and what its figures mean. */
export interface PeerReport {
  readonly name: PeerName
  readonly version: string
  readonly ackMeans: string
  readonly settings: readonly string[]
}

/** How to run. */
export interface RunOptions {
  readonly isSmall: boolean
  /** Counted rounds, after those that warm up. */
  readonly rounds: number
  /** Takes the place of single parameters. */
  readonly overrides: Readonly<Record<string, number>>
  /** Whether other systems take part, as far as they are installed. */
  readonly hasPeers: boolean
  /** Where each actor leaves a CPU profile as it ends. */
  readonly profileDirectory?: string | undefined
  /** Undefined where memory is taken as it comes. */
  readonly memory?: Pick<WarmMemory, 'topUp'> | undefined
  /** Rejects when the run is to end before its time. */
  readonly interrupted: Promise<never>
}

/** Runs the rounds; what was started is ended, also when the scenario fails or is interrupted. */
export async function runScenario<Parameters extends object>(
  scenario: Scenario<Parameters>,
  options: RunOptions,
): Promise<ScenarioResult> {
  const base = options.isSmall ? scenario.small : scenario.full
  const known = Object.entries(options.overrides).filter(([key]) => key in base)
  const parameters = { ...base, ...Object.fromEntries(known) }
  const measurements: RoundMeasurement[] = []
  const remarks = new Set<string>()
  const peers: PeerReport[] = []
  const pinned = canPin()
  const resources = new ScenarioResources(scenario.name, options.profileDirectory)
  const warmUps = options.isSmall ? 1 : (scenario.warmUps ?? 1)
  let round = 0
  const context: ScenarioContext<Parameters> = {
    parameters,
    *rounds() {
      for (round = 0; round < warmUps + options.rounds; round += 1) yield round
    },
    start: (name, side) => resources.start(name, pinned ? CORES[side] : undefined),
    makeDirectory: () => resources.makeDirectory(),
    settle: async () => {
      if (options.memory === undefined || (await options.memory.topUp())) return
      context.remark('memory could not be kept warm: it was freed as fast as it was taken')
    },
    startPeers: async () => {
      const pairs: Pair[] = []
      for (const name of options.hasPeers ? PEER_NAMES : []) {
        const pair = await startPeer(name, context)
        if (pair === undefined) continue
        pairs.push(pair.pair)
        peers.push(pair.report)
      }
      return pairs
    },
    note: (measurement) => {
      checkValues(scenario.name, measurement)
      const { subject } = measurement
      const counted = round - warmUps + 1
      if (measurements.some((other) => other.round === counted && other.subject === subject)) {
        throw new Error(`${scenario.name}: ${subject} was noted twice in round ${counted}`)
      }
      if (counted > 0) measurements.push({ ...measurement, round: counted })
    },
    remark: (text) => remarks.add(text),
  }
  const meter = new OtherLoadMeter()
  try {
    await Promise.race([scenario.run(context), options.interrupted])
  } finally {
    await resources[Symbol.asyncDispose]()
  }
  const otherLoad = meter.read()
  if (otherLoad !== undefined) remarkLoad(otherLoad, context)
  return {
    scenario: scenario.name,
    parameters,
    warmUps,
    measurements,
    remarks: [...remarks],
    peers,
    otherLoad,
  }
}

/** A figure that somebody else had a part in says so. */
function remarkLoad({ others, stolen }: OtherLoad, context: ScenarioContext<object>): void {
  if (others >= OTHERS_CORES_MAX) {
    context.remark(`other programs used ${others.toFixed(1)} cores meanwhile: figures are too low`)
  }
  if (stolen >= STOLEN_CORES_MAX) {
    context.remark(`the host took ${stolen.toFixed(1)} cores away meanwhile: figures are too low`)
  }
}

/** Undefined, with a remark, for a peer that is not there. */
async function startPeer(
  name: PeerName,
  context: ScenarioContext<object>,
): Promise<{ readonly pair: Pair; readonly report: PeerReport } | undefined> {
  const { package: packageName, ackMeans, settings, version: versionOf } = PEERS[name]
  const version = versionOf()
  if (version === undefined) {
    context.remark(`${name} is not installed (apt-get install ${packageName}): not measured`)
    return undefined
  }
  const server = await context.start('peer-server', 'server')
  try {
    const { url } = await server.ask<{ url: string }>('start', { peer: name })
    const client = await context.start(`${name}-client`, 'client')
    return { pair: { name, server, client, url }, report: { name, version, ackMeans, settings } }
  } catch (error) {
    context.remark(`${name} could not be started: not measured. ${messageOf(error)}`)
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The kernel's own threads, which write back what we wrote, stay below. */
const OTHERS_CORES_MAX = 0.25
const STOLEN_CORES_MAX = 0.1

const CORES: Readonly<Record<Side, number | undefined>> = {
  server: 0,
  client: 1,
  anywhere: undefined,
}

function checkValues(scenario: string, { subject, values }: Measurement): void {
  for (const [key, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw new Error(`${scenario}, ${subject}: ${key} is ${value}`)
  }
}
