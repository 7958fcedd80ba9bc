/** A program of these tests in a process of its own: jobs, news, and how it ended. */

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Something a program tells without being asked. */
export interface News {
  readonly news: string
  readonly [field: string]: unknown
}

interface Answer {
  readonly id: number
  readonly answer?: unknown
  readonly error?: { readonly message: string; readonly code?: string }
}

/** How a process ended: its status, or the signal that killed it. */
export interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

export class Program implements AsyncDisposable {
  readonly name: string
  readonly #child: ChildProcess
  readonly #listeners = new Set<(news: News) => void>()
  readonly #pending = new Map<number, (answer: Answer) => void>()
  /** Resolves when the process has ended, in whatever way. */
  readonly ended: Promise<Ending>
  #nextId = 0
  #output = ''

  private constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.ended = new Promise((resolve) => {
      child.once('close', (status, signal) => resolve({ status, signal }))
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    }
    child.on('message', (message: News | Answer) => {
      if ('news' in message) for (const listener of [...this.#listeners]) listener(message)
      else this.#pending.get(message.id)?.(message)
    })
  }

  /** Starts `programs/<name>.mjs` on the built package; resolves when it is ready. */
  static async start(name: 'writer' | 'follower', options: SpawnOptions = {}): Promise<Program> {
    const script = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
    const child = spawn(process.execPath, [script], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const program = new Program(name, child)
    await program.hears((news) => news.news === 'ready')
    return program
  }

  get processId(): number {
    return this.#child.pid ?? 0
  }

  /** Has the program do a job. Rejects when the job fails or the process ends. */
  async ask<Result = unknown>(job: string, parameters: object = {}): Promise<Result> {
    this.#nextId += 1
    const id = this.#nextId
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve))
    this.#child.send({ id, job, parameters })
    const { answer, error } = await Promise.race([answered, this.#untimely(job)])
    this.#pending.delete(id)
    if (error === undefined) return answer as Result
    throw Object.assign(new Error(`${this.name}, ${job}: ${error.message}`), { code: error.code })
  }

  /** Resolves with the first news from now on that satisfies the condition. */
  async hears(condition: (news: News) => boolean): Promise<News> {
    let listener: ((news: News) => void) | undefined
    const heard = new Promise<News>((resolve) => {
      listener = (news) => {
        if (condition(news)) resolve(news)
      }
      this.#listeners.add(listener)
    })
    try {
      return await Promise.race([heard, this.#untimely('waiting for news')])
    } finally {
      if (listener !== undefined) this.#listeners.delete(listener)
    }
  }

  /** Calls back for all news until the returned function is called. */
  onNews(listener: (news: News) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stops the process wherever it is; it does nothing until {@link resume}. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Lets a paused process go on. */
  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** kill -9. Resolves when the process is gone. */
  async kill(): Promise<Ending> {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #untimely(doing: string): Promise<never> {
    const { status, signal } = await this.ended
    throw new Error(
      `${this.name} (${doing}) ended with ${signal ?? `status ${String(status)}`}: ${this.#output}`,
    )
  }
}
