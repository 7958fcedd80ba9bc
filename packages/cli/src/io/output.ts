/**
 * stdout: bytes out, one write at a time, waiting for a slow reader without holding up the rest.
 *
 * A reader that goes away (`| head -1`) is no failure: the write fails with an `OutputClosed`, which
 * every command lets through and `main` takes for a quiet end.
 *
 * Files are written here and not by Node's stream for them, which takes a write for complete when the
 * disk, nearly full, took only a part of it.
 */

import { fstatSync, write } from 'node:fs'
import { type Writable } from 'node:stream'

/** Nobody reads stdout any more. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** The part of `process.stdout` that is needed. */
export type OutputStream = Writable & {
  readonly fd: number
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What people see when no terminal says how wide it is. */
const COLUMNS_DEFAULT = 80

/** stdout. */
export class Output {
  readonly #stream: OutputStream
  readonly #isFile: boolean
  readonly #failed = new AbortController()

  constructor(stream: OutputStream) {
    this.#stream = stream
    const stat = fstatSync(stream.fd)
    this.#isFile = !this.isTerminal && !stat.isFIFO() && !stat.isSocket()
    // Without a listener the process would end with a stack trace; writers see the error themselves.
    stream.on('error', (error) => this.#fail(error))
  }

  /** Whether people look at it. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  /** Columns of the terminal; 80 for anything else. */
  get columns(): number {
    return this.#stream.columns ?? COLUMNS_DEFAULT
  }

  /** Aborts when a write has failed. */
  get failed(): AbortSignal {
    return this.#failed.signal
  }

  /** Throws why a write has failed, if one has: an {@link OutputClosed} when the reader went. */
  throwIfFailed(): void {
    if (this.failed.aborted) throw asError(this.failed.reason)
  }

  /**
   * Writes all of `bytes`; resolves once the operating system has them, and `bytes` may change again.
   *
   * @throws {OutputClosed} the reader has gone
   */
  async write(bytes: Uint8Array): Promise<void> {
    this.throwIfFailed()
    try {
      await (this.#isFile ? writeFile(this.#stream.fd, bytes) : writeStream(this.#stream, bytes))
    } catch (error) {
      throw this.#fail(asError(error))
    }
  }

  /** Writes a line of text. */
  async line(text: string): Promise<void> {
    await this.write(Buffer.from(`${text}\n`))
  }

  /** Writes a value as one line of JSON. */
  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value))
  }

  #fail(error: Error): Error {
    const explained = explain(error)
    this.#failed.abort(explained)
    return explained
  }
}

function writeStream(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}

async function writeFile(fd: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const start = written
    written += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, start, bytes.length - start, null, (error, count) => {
        if (error === null) resolve(count)
        else reject(error)
      })
    })
  }
}

function explain(error: Error): Error {
  const { code } = error as { readonly code?: unknown }
  const isClosed = code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED'
  if (isClosed) return new OutputClosed('the reader of stdout has gone', { cause: error })
  return new Error(`the output cannot be written: ${error.message}`, { cause: error })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
