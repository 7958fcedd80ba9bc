/**
 * Installs the peers that are missing, where that can be done without asking anybody: Debian's packages, as
 * root or with a `sudo` that wants no password. Their services are not started, others not touched.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PEERS } from './index.js'
import { PEER_NAMES } from './peer.js'
import { findProgram } from './server-process.js'

const SCRIPT = fileURLToPath(new URL('../../peers/install-packages.sh', import.meta.url))
const POLICY = '/usr/sbin/policy-rc.d'
const LINES_SHOWN = 15

/** What came of it. */
export interface Installation {
  /** Whether every peer is there now. */
  readonly isComplete: boolean
  /** What was done, what was there before, what is missing and why, in sentences. */
  readonly lines: readonly string[]
}

/** Installs what is missing; `say` is told before that takes its time. */
export async function installPeers(say: (line: string) => void): Promise<Installation> {
  const missing = PEER_NAMES.filter((name) => PEERS[name].version() === undefined)
  const before = PEER_NAMES.filter((name) => !missing.includes(name))
  const had = before.map((name) => `${nameOf(name)} was installed already: left as it is.`)
  if (missing.length === 0) return { isComplete: true, lines: had }

  const packages = missing.map((name) => PEERS[name].package)
  const failed = (why: string): Installation => ({
    isComplete: false,
    lines: [...had, `not installed: ${packages.join(', ')}. ${why}`],
  })
  const prefix = rootPrefix()
  if (findProgram('apt-get') === undefined) {
    return failed('There is no apt-get here: install them by the means of this system.')
  }
  if (prefix === undefined) {
    return failed(
      `Neither root nor a sudo without a password: run apt-get install --no-install-recommends ${packages.join(' ')}`,
    )
  }
  say(`installing ${packages.join(', ')} with apt-get; their services are not started …`)
  const { end, output } = await run([...prefix, 'sh', SCRIPT, POLICY, ...packages])
  if (end !== 0) return failed(`apt-get ended with ${end}:\n${output}`)

  const still = missing.filter((name) => PEERS[name].version() === undefined)
  const now = missing.filter((name) => !still.includes(name))
  return {
    isComplete: still.length === 0,
    lines: [
      ...had,
      ...now.map((name) => `${nameOf(name)} is installed now, from ${PEERS[name].package}.`),
      ...still.map((name) => `${name} was not found after ${PEERS[name].package} was installed.`),
      'No service was started. Where systemd runs, Debian has them start with the machine; to have it not: systemctl disable nats-server redis-server rabbitmq-server epmd.socket',
    ],
  }
}

function nameOf(name: (typeof PEER_NAMES)[number]): string {
  return `${name} ${PEERS[name].version() ?? ''}`
}

/** What makes root of a command, or undefined. */
function rootPrefix(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

/** Resolves with the code or signal that it ended with, and the last lines of what it printed. */
async function run(
  words: readonly string[],
): Promise<{ readonly end: number | string; readonly output: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-install-'))
  try {
    const file = join(directory, 'output.log')
    const output = openSync(file, 'a')
    const child = spawn(words[0] ?? 'sh', words.slice(1), { stdio: ['ignore', output, output] })
    closeSync(output)
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    return { end: code ?? signal ?? '', output: lines.slice(-LINES_SHOWN).join('\n') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
