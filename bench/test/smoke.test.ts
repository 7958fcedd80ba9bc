/**
 * Every scenario with its small parameters, as a real process: a bench that nobody runs rots.
 *
 * Asserts counts and completeness, never a time.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Row {
  readonly subject: string
  readonly values: Record<string, { readonly median: number }>
  readonly reference?: string
  readonly ratio?: number
}
interface Report {
  readonly environment: Record<string, unknown>
  readonly results: readonly { readonly scenario: string; readonly rows: readonly Row[] }[]
}

async function bench(...words: string[]): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words])
  return JSON.parse(stdout) as Report
}

const SUBJECTS = {
  publish: ['relaxed', 'fsync', 'bare ws', 'bare new file'],
  replay: ['first', 'again', 'bare ws'],
  single: ['relaxed', 'fsync'],
  'end-to-end': ['relaxed', 'fsync'],
  latency: ['low', 'high'].flatMap((load) => [`relaxed, ${load} rate`, `fsync, ${load} rate`]),
  'fan-out': ['relaxed × 4', 'relaxed × 8', 'relaxed × 10', 'bare ws'],
  safety: [1, 2, 16].flatMap((count) => [`relaxed × ${count}`, `fsync × ${count}`]),
  reopen: ['reopen', 'reading a tenth of it'],
}

describe('npm run bench', () => {
  it('lists its scenarios', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--list'])
    const names = stdout.split('\n').map((line) => line.split(' ')[0])
    expect(names.filter((name) => name !== '')).toEqual(Object.keys(SUBJECTS))
  })

  it.each(Object.entries(SUBJECTS))(
    'runs %s with every subject, and compares each with one that ran',
    async (scenario, subjects) => {
      const { environment, results } = await bench(scenario, '--small', '--json')
      expect(results.map((result) => result.scenario)).toEqual([scenario])
      const rows = results[0]?.rows ?? []
      expect(rows.map(({ subject }) => subject)).toEqual(subjects)
      for (const { values, reference, ratio } of rows) {
        expect(Object.values(values).every(({ median }) => median >= 0)).toBe(true)
        if (reference !== undefined) expect(subjects).toContain(reference)
        if (reference !== undefined) expect(ratio).toBeGreaterThan(0)
      }
      expect(Object.keys(environment)).toEqual(
        expect.arrayContaining(['cpu', 'cores', 'memoryGiB', 'kernel', 'node', 'ws', 'commit']),
      )
    },
    60_000,
  )

  it('refuses a scenario that it does not have', async () => {
    await expect(promisify(execFile)(process.execPath, [main, 'nonesuch'])).rejects.toMatchObject({
      code: 2,
    })
  })
})
