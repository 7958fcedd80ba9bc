/**
 * The command as a process of its own, as people run it: what goes in, what comes out, how it ends.
 *
 * Tests never wait for time to pass: they wait for lines, for the end, or for another command to have
 * seen something.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The compiled command. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** What a process is started with. */
export interface CommandOptions {
  /** Written to stdin, which is then closed; without it stdin stays open for `write`. */
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Nobody reads stdout, so that the command comes to wait for room in the pipe. */
  readonly isStdoutUnread?: boolean
}

/** How a command ended. */
export interface Outcome {
  /** The exit code; null when a signal ended the process. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

interface LineWaiter {
  readonly pattern: RegExp
  readonly found: (line: string) => void
  readonly missed: (error: Error) => void
}

/** One of the two outputs of a process, as bytes and as lines. */
class CapturedOutput {
  readonly #chunks: Buffer[] = []
  readonly #waiters = new Set<LineWaiter>()
  #sizeBytes = 0
  #onGrowth: (() => void)[] = []

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#sizeBytes += chunk.length
    for (const waiter of this.#waiters) this.#settle(waiter)
    for (const wake of this.#onGrowth.splice(0)) wake()
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  text(): string {
    return this.bytes().toString()
  }

  growth(): Promise<void> {
    return new Promise((resolve) => this.#onGrowth.push(resolve))
  }

  line(pattern: RegExp): Promise<string> {
    return new Promise((found, missed) => {
      const waiter = { pattern, found, missed }
      this.#waiters.add(waiter)
      this.#settle(waiter)
    })
  }

  /** Nothing more will come: whoever still waits waits in vain. */
  end(): void {
    for (const { pattern, missed } of this.#waiters) {
      missed(new Error(`the process ended without a line ${String(pattern)}:\n${this.text()}`))
    }
    for (const wake of this.#onGrowth.splice(0)) wake()
  }

  #settle(waiter: LineWaiter): void {
    // Only whole lines: the last one may still grow.
    const lines = this.text().split('\n').slice(0, -1)
    const line = lines.find((text) => waiter.pattern.test(text))
    if (line === undefined) return
    this.#waiters.delete(waiter)
    waiter.found(line)
  }
}

/** A running command. Killed, if it still runs, when it goes out of scope. */
export class RunningCommand implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #stdout = new CapturedOutput()
  readonly #stderr = new CapturedOutput()
  /** How it ended. */
  readonly ended: Promise<Outcome>

  constructor(program: string, args: readonly string[], options: CommandOptions = {}) {
    const { TAILRACE_URL: _url, NO_COLOR: _color, ...inherited } = process.env
    const child = spawn(program, args, {
      env: { ...inherited, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    if (options.isStdoutUnread !== true) {
      child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    }
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk))
    // A command that does not read its stdin to the end is none of the test's business.
    child.stdin.on('error', () => undefined)
    if (options.input !== undefined) child.stdin.end(options.input)
    // An unread stdout never closes.
    this.ended = once(child, options.isStdoutUnread === true ? 'exit' : 'close').then(() => {
      this.#stdout.end()
      this.#stderr.end()
      return {
        status: child.exitCode,
        signal: child.signalCode,
        stdout: this.#stdout.bytes(),
        stderr: this.#stderr.text(),
      }
    })
  }

  /** Resolves with the first line of stdout, past or to come, that matches. */
  stdoutLine(pattern: RegExp): Promise<string> {
    return this.#stdout.line(pattern)
  }

  /** Resolves with the first line of stderr, past or to come, that matches. */
  stderrLine(pattern: RegExp): Promise<string> {
    return this.#stderr.line(pattern)
  }

  /** Resolves when stdout has text that matches, whether or not its line is complete. */
  async stdoutText(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#stdout.text())) await this.stdoutBytes(this.#stdout.sizeBytes + 1)
  }

  /** Resolves when stdout has at least so many bytes. */
  async stdoutBytes(sizeBytes: number): Promise<void> {
    while (this.#stdout.sizeBytes < sizeBytes) {
      const before = this.#stdout.sizeBytes
      await this.#stdout.growth()
      if (this.#stdout.sizeBytes === before) {
        throw new Error(`stdout ended after ${before} bytes:\n${this.#stderr.text()}`)
      }
    }
  }

  /** Resolves when there is something on stdout to read, and leaves it there. */
  async stdoutReadable(): Promise<void> {
    if (this.#child.stdout === null) throw new Error('the process has no stdout')
    await once(this.#child.stdout, 'readable')
  }

  /** Resolves when stdout has ended, for one that is read late. */
  async stdoutClosed(): Promise<void> {
    if (this.#child.stdout !== null) await once(this.#child.stdout, 'close')
  }

  /** Begins to read a stdout that was left unread. */
  readStdout(): void {
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    this.#child.stdout?.resume()
  }

  /** What came out so far. */
  get stdout(): Buffer {
    return this.#stdout.bytes()
  }

  /** What came out on stderr so far. */
  get stderr(): string {
    return this.#stderr.text()
  }

  /** Writes to stdin; resolves when the process has taken it, or the pipe has. */
  async write(bytes: string | Uint8Array): Promise<void> {
    const { stdin } = this.#child
    if (stdin === null) throw new Error('the process has no stdin')
    await new Promise<void>((resolve) => stdin.write(bytes, () => resolve()))
  }

  /** Ends stdin. */
  end(): void {
    this.#child.stdin?.end()
  }

  /** Stops reading stdout for good, as `head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy()
  }

  /** Its number, as long as it runs. */
  get processId(): number | undefined {
    return this.#child.pid
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Kills the process if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.kill('SIGKILL')
    await this.ended
  }
}

/** Starts `tailrace` with these arguments. */
export function start(args: readonly string[], options?: CommandOptions): RunningCommand {
  return new RunningCommand(process.execPath, [MAIN, ...args], options)
}

/** Runs `tailrace` to its end; stdin is empty unless `input` says otherwise. */
export async function run(args: readonly string[], options?: CommandOptions): Promise<Outcome> {
  await using command = start(args, { input: '', ...options })
  return await command.ended
}
