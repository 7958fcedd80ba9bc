/**
 * A real server for browser tests: `tailrace serve` in a process of its own, which can be killed.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))

/** A server with its own data directory; the port stays the same over its restarts. */
export class ServerProcess implements AsyncDisposable {
  readonly #dataDirectory: string
  #child: ChildProcess | undefined
  #port = 0
  /** The port that it listens at now, if it was started at another one for a while. */
  #portNow = 0

  private constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory
  }

  /** Starts a server on a free port, with no data. */
  static async start(): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(path.join(os.tmpdir(), 'tailrace-console-')))
    await server.restart()
    return server
  }

  /** Where the page is. */
  get pageUrl(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Where clients connect to, now. */
  get url(): string {
    return `ws://127.0.0.1:${this.#portNow}`
  }

  /** Starts the process; on another port only if `port` says so, and then for this time only. */
  async restart(port = this.#port): Promise<void> {
    const args = [
      'serve',
      '--port',
      String(port),
      '--data',
      this.#dataDirectory,
      '--json',
      '--quiet',
    ]
    const child = spawn(process.execPath, [COMMAND, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    this.#portNow = (await firstLine(child)).port
    if (this.#port === 0) this.#port = this.#portNow
  }

  /** Ends the process as a power switch would; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks the process to end; resolves when it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#dataDirectory, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

/** What the server says once it listens. */
async function firstLine(child: ChildProcess): Promise<{ readonly port: number }> {
  const { stdout } = child
  if (stdout === null) throw new Error('the server has no stdout')
  for await (const line of createInterface({ input: stdout })) {
    return JSON.parse(line) as { readonly port: number }
  }
  throw new Error(`the server ended before it listened (exit code ${String(child.exitCode)})`)
}
