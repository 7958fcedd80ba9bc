/**
 * An actor in a process of its own, on a core of its own where the machine allows it.
 *
 * Server and client share nothing but the socket, as in use, and the processor time of each is counted
 * apart: a rate says little without saying who was the limit.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What an actor has for tidying up, a server with everything that it started included. */
const CLOSE_MS_MAX = 60_000

/** True when `taskset` can give a process a core. */
export function canPin(): boolean {
  return cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0
}

/** Where and how an actor runs. */
export interface ActorPlace {
  /** The core it is pinned to. */
  readonly core?: number | undefined
  /** Options of Node's, before the script. */
  readonly nodeOptions?: readonly string[]
}

export class ActorProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  /** Rejects when the process ends; one for all jobs. */
  readonly #ended: Promise<never>
  #nextId = 0

  private constructor(child: ChildProcess, ended: Promise<never>) {
    this.#child = child
    this.#ended = ended
  }

  /** Starts the actor `actors/<name>.js`. */
  static async start(
    name: string,
    { core, nodeOptions = [] }: ActorPlace = {},
  ): Promise<ActorProcess> {
    const script = fileURLToPath(new URL(`../actors/${name}.js`, import.meta.url))
    const pinned = core === undefined ? [] : ['taskset', '-c', String(core)]
    const words = [...pinned, process.execPath, ...nodeOptions, script]
    const child = spawn(words[0] ?? process.execPath, words.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const ended = failure(child, name)
    // Nobody may be asking when it ends, as at the end of every run.
    ended.catch(() => undefined)
    await Promise.race([once(child, 'message'), ended])
    return new ActorProcess(child, ended)
  }

  /** Has the actor do a job and returns its answer. Rejects when the actor fails or ends. */
  async ask<Answer>(job: string, parameters: object = {}): Promise<Answer> {
    if (!this.#child.connected) throw new Error(`${job}: the process has ended`)
    this.#nextId += 1
    const id = this.#nextId
    const answer = new Promise<Answer>((resolve, reject) => {
      const hear = (message: unknown): void => {
        const reply = message as { id: number; error?: string; answer: Answer }
        if (reply.id !== id) return
        this.#child.off('message', hear)
        if (reply.error === undefined) resolve(reply.answer)
        else reject(new Error(`${job}: ${reply.error}`))
      }
      this.#child.on('message', hear)
    })
    this.#child.send({ id, job, parameters })
    return Promise.race([answer, this.#ended])
  }

  /** Ends the process at once, as `kill -9` does. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** Ends the process, by force when it has not tidied up within a minute. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS_MAX)
    await ended
    clearTimeout(force)
  }
}

async function failure(child: ChildProcess, what: string): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  throw new Error(`the process for ${what} ended with ${String(code ?? signal)}`)
}
