/**
 * The bench with its small parameters, as a real process: a bench that nobody runs rots.
 *
 * Asserts counts and completeness, never a time.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Report {
  readonly environment: Record<string, unknown>
  readonly rows: readonly { readonly kind: string; readonly ofBare?: number }[]
  readonly runs: readonly { readonly records: number; readonly seconds: number }[]
}

describe('npm run bench', () => {
  it('publishes, replays and verifies every record, beside the bare limit', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--smoke', '--json'])
    const report = JSON.parse(stdout) as Report
    expect(report.rows.map(({ kind }) => kind)).toEqual([
      'publish relaxed',
      'replay',
      'publish fsync',
      'bare ws to server',
      'bare ws to client',
      'bare new file',
    ])
    for (const run of report.runs) {
      expect(run.records).toBe(20_000)
      expect(run.seconds).toBeGreaterThan(0)
    }
    expect(report.rows.slice(0, 3).every(({ ofBare }) => Number.isFinite(ofBare))).toBe(true)
    expect(Object.keys(report.environment)).toEqual(
      expect.arrayContaining(['cpu', 'cores', 'memoryGiB', 'kernel', 'node', 'ws', 'commit']),
    )
  }, 60_000)
})
