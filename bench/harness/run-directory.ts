/**
 * The one directory that everything of a run lies in, so that nothing outlasts it, whichever process made
 * it and however that ended.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectory } from './disk-sync.js'

/** Removed on disposal, when all processes that write to it have ended. */
export class RunDirectory implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes it and has this process and all that it starts put their data there. */
  static async make(): Promise<RunDirectory> {
    const path = await mkdtemp(join(dataDirectory(), 'tailrace-bench-'))
    process.env['TAILRACE_BENCH_DIR'] = path
    return new RunDirectory(path)
  }

  /** Removes it with everything in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}
