/** Where a benchmark ran: without this a figure cannot be compared with another. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** The machine, the runtime and the state of the sources. */
export interface Environment {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly ws: string
  readonly commit: string
  readonly pinned: boolean
  /** Load average of the last minute when the run began: a busy machine gives no figures. */
  readonly load: number
}

/** Reads the environment; `pinned` says whether the processes have a core each. */
export function readEnvironment(pinned: boolean): Environment {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    ws: versionOf('ws'),
    commit: commitOf(),
    pinned,
    load: loadavg()[0] ?? NaN,
  }
}

function versionOf(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
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

/** The environment as two lines below the tables. */
export function describeEnvironment(environment: Environment): string {
  const { cpu, cores, memoryGiB, kernel, node, ws, commit, pinned } = environment
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ws ${ws}, commit ${commit}`,
    `server and client ${pinned ? 'on one core each' : 'not pinned'}; loopback; medians (min–max); load ${environment.load.toFixed(1)} at the start`,
  ].join('\n')
}
