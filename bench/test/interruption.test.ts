/** Whoever interrupts a run is left with no process and no file of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { watch } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { descendants, isAlive } from '../peers/process-table.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'bench-interrupted-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('an interrupted run', () => {
  it.each([
    ['reopen', 'SIGINT'],
    ['cold-replay', 'SIGTERM'],
  ] as const)(
    'of %s ends at %s, and its processes and files are gone',
    async (scenario, signal) => {
      // Full size: it is still filling its log when the signal comes.
      const bench = spawn(process.execPath, [main, scenario, '--no-warm', '--no-peers'], {
        env: { ...process.env, TAILRACE_BENCH_DIR: parent },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const ended = once(bench, 'exit')
      const run = join(parent, await entryOf(parent, 'tailrace-bench-'))
      const log = join(run, await entryOf(run, `${scenario}-`))
      await entryOf(log, 'streams')
      const { pid = NaN } = bench
      const pids = descendants(pid)
      expect(pids).not.toEqual([])
      bench.kill(signal)
      expect(await ended).toEqual([128 + constants.signals[signal], null])
      expect(pids.filter(isAlive)).toEqual([])
      expect(await readdir(parent)).toEqual([])
    },
    60_000,
  )
})

/** The first entry of the directory whose name begins so, as soon as there is one. */
async function entryOf(directory: string, prefix: string): Promise<string> {
  const watcher = watch(directory)
  try {
    for (;;) {
      const changed = once(watcher, 'change')
      const found = (await readdir(directory)).find((name) => name.startsWith(prefix))
      if (found !== undefined) return found
      await changed
    }
  } finally {
    watcher.close()
  }
}
