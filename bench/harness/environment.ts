/** Where a benchmark ran: without this a figure cannot be compared with another. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { PEERS } from '../peers/index.js'
import { PEER_NAMES } from '../peers/peer.js'
import { congestionControl, isPaced } from './congestion-control.js'
import { readDisk } from './disk.js'
import type { Disk } from './disk.js'
import { availableBytes } from './kernel-memory.js'

/** The machine, the runtime, the state of the sources, and how the bench was called. */
export interface Environment {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Not available to others when the run began, without what the warming takes. */
  readonly memoryUsedGiB: number
  /** Whether memory was kept as one that had been used before: see warm-memory.ts. */
  readonly isMemoryWarmed: boolean
  readonly kernel: string
  /** Of new connections: the machine's, and that of the run (congestion-control.ts). */
  readonly congestionControl: { readonly machine: string; readonly run: string }
  readonly disk: Disk
  readonly node: string
  readonly ws: string
  /** The client libraries of other systems, by package. */
  readonly libraries: Readonly<Record<string, string>>
  /** The servers of other systems that are installed, by name; empty when none is to take part. */
  readonly peers: Readonly<Record<string, string>>
  readonly commit: string
  readonly pinned: boolean
  /** What the bench was called with. */
  readonly flags: readonly string[]
  /** NODE_OPTIONS, which the processes of the bench inherit. */
  readonly nodeOptions: string
  /** Load average of the last minute when the run began: a busy machine gives no figures. */
  readonly load: number
}

/** How the bench was called. */
export interface Called {
  readonly flags: readonly string[]
  /** Whether the processes have a core each. */
  readonly pinned: boolean
  readonly isMemoryWarmed: boolean
  readonly hasPeers: boolean
  /** Times that the disk is asked to sync. */
  readonly syncs: number
}

const LIBRARIES = ['@nats-io/jetstream', 'ioredis', 'rabbitmq-stream-js-client']

/** Reads the environment; takes as long as the disk does to sync. Begin with it. */
export async function readEnvironment(called: Called): Promise<Environment> {
  const { flags, pinned, isMemoryWarmed, hasPeers, syncs } = called
  const load = loadavg()[0] ?? NaN
  const machine = congestionControl()
  const memoryUsedGiB = (totalmem() - availableBytes()) / 2 ** 30
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    memoryUsedGiB: Math.round(memoryUsedGiB * 10) / 10,
    isMemoryWarmed,
    kernel: release(),
    congestionControl: { machine, run: machine },
    disk: await readDisk(syncs),
    node: process.version,
    ws: versionOf('ws'),
    libraries: Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)])),
    peers: hasPeers ? peerVersions() : {},
    commit: commitOf(),
    pinned,
    flags,
    nodeOptions: process.env['NODE_OPTIONS'] ?? '',
    load,
  }
}

function peerVersions(): Record<string, string> {
  const versions = PEER_NAMES.flatMap((name) => {
    const version = PEERS[name].version()
    return version === undefined ? [] : [[name, version] as const]
  })
  return Object.fromEntries(versions)
}

/** From the folder of the package's sources and of what they are compiled to alike. */
function versionOf(name: string): string {
  const path = ['../node_modules', '../../node_modules']
    .map((folder) => new URL(`${folder}/${name}/package.json`, import.meta.url))
    .find((each) => existsSync(each))
  if (path === undefined) return 'unknown'
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  return version
}

/** The commit, with a mark when files differ from it; `unknown` outside a checkout. */
function commitOf(): string {
  try {
    const git = (...words: string[]): string =>
      execFileSync('git', words, { encoding: 'utf8' }).trim()
    const isDirty = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short', 'HEAD') + (isDirty ? ' (modified)' : '')
  } catch (error) {
    if (error instanceof Error) return 'unknown'
    throw error
  }
}

/** The environment as lines below the tables. */
export function describeEnvironment(environment: Environment): string {
  const { cpu, cores, memoryGiB, memoryUsedGiB, kernel, node, ws, commit, disk } = environment
  const { flags, nodeOptions, peers, isMemoryWarmed, load } = environment
  const { machine, run } = environment.congestionControl
  const others = Object.entries(peers).map(([name, version]) => `${name} ${version}`)
  const lines = [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB of which ${memoryUsedGiB} in use and ${isMemoryWarmed ? 'the rest warmed' : 'nothing warmed'}, Linux ${kernel}, Node ${node}, ws ${ws}, commit ${commit}`,
    `data on ${disk.filesystem} on ${disk.device} (${disk.kind}), one fdatasync ${disk.syncMs.toFixed(2)} ms, p99 ${disk.syncP99Ms.toFixed(2)} ms`,
    ...(others.length === 0 ? [] : [`other systems: ${others.join(', ')}`]),
    `called with: ${flags.join(' ') || 'nothing'}${nodeOptions === '' ? '' : `; NODE_OPTIONS=${nodeOptions}`}`,
    `${environment.pinned ? 'server and client on one core each' : 'not pinned'}; loopback, ${run}${run === machine ? '' : ` (the machine has ${machine})`}; medians (min–max); load ${load.toFixed(1)} at the start`,
  ]
  const isBusy = load > cores / 2
  return [
    ...lines,
    ...(isBusy ? ['! the machine was busy before: expect figures too low'] : []),
    ...(isPaced(run) ? [`! ${run} paces connections: expect figures too low`] : []),
  ].join('\n')
}
