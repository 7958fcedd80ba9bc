/** Every micro bench with little work: it runs, and what it returns is the same each time. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MICRO_BENCHES } from '../micro/index.js'
import { hashOf } from '../micro/micro.js'
import type { MicroBench } from '../micro/micro.js'
import { renderMicro } from '../micro/micro-table.js'
import { runMicro } from '../micro/run-micro.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

describe('micro benches', () => {
  it.each(MICRO_BENCHES)(
    '$name times its cases, whose work is the same in every run',
    async (micro) => {
      const results = await runMicro(micro, 'small')
      expect(results.length).toBeGreaterThan(1)
      for (const { nanoseconds, calls, hash } of results) {
        expect(hash).not.toBe(hashOf([0, 0]))
        expect(nanoseconds).toBeGreaterThan(0)
        expect(calls).toBeGreaterThanOrEqual(3)
      }
      const again = await runMicro(micro, 'small')
      expect(again.map(({ hash }) => hash)).toEqual(results.map(({ hash }) => hash))
      expect(renderMicro(results).split('\n')).toHaveLength(results.length + 1)
    },
  )

  it('are all in the list', async () => {
    const folder = fileURLToPath(new URL('../micro', import.meta.url))
    const files = (await readdir(folder, { recursive: true })).filter((path) =>
      path.endsWith('.bench.ts'),
    )
    expect(MICRO_BENCHES.map(({ name }) => `${name}.bench.ts`).sort()).toEqual(files.sort())
  })

  it('fail when two ways of doing the same return different things', async () => {
    const cases = [1, 2].map((result) => ({
      name: `way ${result}`,
      amount: 1,
      unit: 'thing',
      sameAs: 'both',
      run: () => result,
    }))
    const micro: MicroBench = { name: 'format/broken', open: () => ({ cases }) }
    await expect(runMicro(micro, 'small')).rejects.toThrow(
      'format/broken: way 2 returns other values than way 1',
    )
  })

  it('let go of what they opened, also when one fails', async () => {
    let isClosed = false
    const micro: MicroBench = {
      name: 'core/broken',
      open: () => ({
        cases: [
          { name: 'one', amount: 1, unit: 'thing', run: () => Promise.reject(new Error('no')) },
        ],
        close: () => {
          isClosed = true
          return Promise.resolve()
        },
      }),
    }
    await expect(runMicro(micro, 'small')).rejects.toThrow('no')
    expect(isClosed).toBe(true)
  })

  it('are chosen by a part of their name', async () => {
    const words = [main, 'micro', 'ack', 'stamp', '--small', '--json']
    const { stdout } = await promisify(execFile)(process.execPath, words)
    const { results } = JSON.parse(stdout) as { results: { bench: string }[] }
    expect([...new Set(results.map(({ bench }) => bench))]).toEqual([
      'format/stamp-batch',
      'protocol/ack',
    ])
  })

  it('refuses a filter that fits none, and leaves no directory behind', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bench-micro-'))
    try {
      const options = { env: { ...process.env, TAILRACE_BENCH_DIR: directory } }
      await expect(
        promisify(execFile)(process.execPath, [main, 'micro', 'nonesuch'], options),
      ).rejects.toMatchObject({ code: 2 })
      expect(await readdir(directory)).toEqual([])
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
