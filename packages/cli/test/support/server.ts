/**
 * A real server process, with a data directory of its own.
 */

import { connect, raw } from '@tailrace/client'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { run, start, type CommandOptions, type Outcome, type RunningCommand } from './command.js'

const NEWLINE = Buffer.from('\n')

/** A directory that is removed when it goes out of scope. */
export class TemporaryDirectory implements AsyncDisposable {
  readonly path: string

  private constructor(directory: string) {
    this.path = directory
  }

  static async create(): Promise<TemporaryDirectory> {
    return new TemporaryDirectory(await mkdtemp(path.join(tmpdir(), 'tailrace-cli-')))
  }

  /** A path in it. */
  file(...names: readonly string[]): string {
    return path.join(this.path, ...names)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** `tailrace serve` in a process of its own; can be killed and started again on the same port. */
export class ServerProcess implements AsyncDisposable {
  readonly directory: TemporaryDirectory
  #command: RunningCommand
  #port: number

  private constructor(directory: TemporaryDirectory, command: RunningCommand, port: number) {
    this.directory = directory
    this.#command = command
    this.#port = port
  }

  /** Starts a server on a free port; `fill` puts something into the data directory before that. */
  static async start(fill?: (dataDirectory: string) => Promise<void>): Promise<ServerProcess> {
    const directory = await TemporaryDirectory.create()
    await fill?.(directory.file('data'))
    return await ServerProcess.on(directory)
  }

  /** Starts a server on the `data` of a directory, which goes with it. */
  static async on(directory: TemporaryDirectory): Promise<ServerProcess> {
    const { command, port } = await listening(directory, 0)
    return new ServerProcess(directory, command, port)
  }

  /** Where it listens. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}`
  }

  /** Where it listens. */
  get port(): number {
    return this.#port
  }

  /** Its data directory. */
  get dataDirectory(): string {
    return this.directory.file('data')
  }

  /** The running process. */
  get command(): RunningCommand {
    return this.#command
  }

  /** Ends it as a power failure of the process would. */
  async kill(): Promise<void> {
    this.#command.kill('SIGKILL')
    await this.#command.ended
  }

  /** Starts it again, on the same port and data. */
  async restart(): Promise<void> {
    const { command } = await listening(this.directory, this.#port)
    this.#command = command
  }

  /** What a replay of a stream would write: read without a process of its own. */
  async storedLines(stream: string): Promise<Buffer> {
    const client = await connect(this.url)
    const lines: Uint8Array[] = []
    const records = client.stream(stream, { codec: raw }).subscribe({ from: 'first', to: 'end' })
    for await (const { value } of records) lines.push(value, NEWLINE)
    await client.close()
    return Buffer.concat(lines)
  }

  /** Runs a command against this server. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return run(args, { ...options, env: { ...options.env, TAILRACE_URL: this.url } })
  }

  /** Starts a command against this server. */
  start(args: readonly string[], options: CommandOptions = {}): RunningCommand {
    return start(args, { ...options, env: { ...options.env, TAILRACE_URL: this.url } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command[Symbol.asyncDispose]()
    await this.directory[Symbol.asyncDispose]()
  }
}

interface Listening {
  readonly command: RunningCommand
  readonly port: number
}

async function listening(directory: TemporaryDirectory, port: number): Promise<Listening> {
  const args = ['serve', '--port', String(port), '--data', directory.file('data'), '--json']
  const command = start(args)
  const line = await command.stdoutLine(/"listening"/)
  return { command, port: (JSON.parse(line) as { readonly port: number }).port }
}
