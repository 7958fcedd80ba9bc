/**
 * Processes of other systems: started in groups of their own, ended for certain.
 *
 * Only what was started here is ever signalled, by its process id. Where `setpriv` exists the kernel ends
 * them, too, when the process that started them is gone without having stopped them.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { descendants, isAlive } from './process-table.js'

const START_MS_MAX = 90_000
const STOP_MS_MAX = 20_000
const POLL_MS = 20
/** Where Debian puts servers, which is not in every user's path. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']

/** What to start. */
export interface Command {
  readonly program: string
  readonly words: readonly string[]
  /** Takes the place of this process's environment but for PATH. */
  readonly env?: Readonly<Record<string, string>>
  /** Gets what the process prints. */
  readonly outputFile: string
}

/** The path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_DIRECTORIES]
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path))
}

/** A TCP port of loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A process that belongs to us, with everything it starts. */
export class ServerProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #outputFile: string

  /** Starts it; it is the leader of a process group of its own. */
  constructor({ program, words, env = {}, outputFile }: Command) {
    const output = openSync(outputFile, 'a')
    const tied = endsWithUs() ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []
    const [first = program, ...rest] = [...tied, program, ...words]
    this.#child = spawn(first, rest, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', output, output],
      detached: true,
    })
    closeSync(output)
    this.#outputFile = outputFile
    if (this.#child.pid === undefined) throw new Error(`${program} could not be started`)
    this.pid = this.#child.pid
  }

  /** Resolves when the port accepts connections. Rejects when the process ends first. */
  async listens(port: number): Promise<void> {
    for (const end = performance.now() + START_MS_MAX; performance.now() < end;) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the server ended as it started:\n${this.#lastLines()}`)
      }
      if (await accepts(port)) return
      await delay(POLL_MS)
    }
    throw new Error(`no answer on port ${port} in ${START_MS_MAX} ms:\n${this.#lastLines()}`)
  }

  /** Kills it and what it started, and waits until all of it is gone. */
  async stop(): Promise<void> {
    const pids = [this.pid, ...descendants(this.pid)]
    for (const pid of pids) kill(pid)
    for (const end = performance.now() + STOP_MS_MAX; pids.some(isAlive);) {
      if (performance.now() > end) {
        throw new Error(`still running after ${STOP_MS_MAX} ms: ${pids.filter(isAlive).join(', ')}`)
      }
      await delay(POLL_MS)
    }
  }

  #lastLines(): string {
    return readFileSync(this.#outputFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
  }
}

function endsWithUs(): boolean {
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself, as the helpers of a server do.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
