/**
 * Every scenario with its small parameters, as a real process: a bench that nobody runs rots.
 *
 * Asserts counts and completeness, never a time.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../actors/chromium.js'
import type { Wanted } from '../harness/wanted.js'
import { PEERS } from '../peers/index.js'
import { PEER_NAMES } from '../peers/peer.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Row {
  readonly subject: string
  readonly values: Record<string, { readonly median: number }>
  readonly reference?: string
  readonly ratio?: number
}
interface Report {
  readonly environment: Record<string, unknown>
  readonly results: readonly {
    readonly scenario: string
    readonly rows: readonly Row[]
    readonly remarks: readonly string[]
    readonly limits: readonly { readonly subject: string; readonly limit: string }[]
    readonly wanted: readonly { readonly wanted: Wanted }[]
    readonly peers: readonly { readonly name: string; readonly ackMeans: string }[]
  }[]
}

async function bench(...words: string[]): Promise<Report> {
  return benchWith({}, ...words)
}

async function benchWith(env: Record<string, string>, ...words: string[]): Promise<Report> {
  const options = { env: { ...process.env, ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words], options)
  return JSON.parse(stdout) as Report
}

const SUBJECTS = {
  publish: ['relaxed', 'fsync', 'bare ws', 'bare ws, copied and written', 'bare new file'],
  replay: [
    ...['first', 'again', 'again, lent', 'again, records', 'again, in place', 'bare ws'],
    ...['a view of each', 'awaited', 'looked at'].map((way) => `bare ws, ${way}`),
  ],
  single: ['relaxed', 'relaxed, polling', 'fsync', 'bare ws, round trips'],
  'end-to-end': ['relaxed', 'fsync', 'bare ws, copied and written'],
  latency: [
    ...['low', 'high'].flatMap((load) => [`relaxed, ${load} rate`, `fsync, ${load} rate`]),
    'one fdatasync',
    'one fdatasync, a core busy',
    'two clocks, high rate',
  ],
  'fan-out': [
    ...['relaxed × 4', 'relaxed × 8', 'relaxed × 10'],
    ...['relaxed × 10, lent', 'relaxed × 10, in place'],
    ...['bare ws', 'bare ws × 10'],
    ...['bare ws × 10, a view of each', 'bare ws × 10, looked at'],
  ],
  browser: chromiumPath()
    ? ['by batches', 'by batches, in place', 'by record', 'bare WebSocket']
    : [],
  slow: ['alone', 'beside a stopped one'],
  'many-streams': ['relaxed × 20', 'fsync × 20'],
  memory: ['before', 'connections', 'connections, collected', 'and records'],
  embedded: [
    'append, in batches',
    'append, one by one',
    'append, each awaited',
    'read values, first',
    'read values, again',
    'read in place',
    ...['pwrite', 'checksum and pwrite', 'copy, checksum and pwrite', 'views', 'looked at'],
  ],
  seek: ['offset', 'time'].flatMap((by) => [`by ${by}, few`, `by ${by}, many`]),
  safety: [1, 2, 16].flatMap((count) => [`relaxed × ${count}`, `fsync × ${count}`]),
  reopen: ['reopen', 'reading a tenth of it'],
  'cold-replay': ['disk', 'cold', 'again', 'no replay'],
  limits: [
    ...['net', 'ws'].flatMap((pair) => [`${pair}, to the server`, `${pair}, to the client`]),
    'copy, new mapping',
    'copy, again',
    'copy, prepared mapping',
    'pwrite, prepared file',
    'write, new file',
  ],
}
/** Those that are held against a limit besides their reference. */
const LIMITED: Record<string, string[]> = {
  publish: ['relaxed'],
  replay: ['again', 'again, lent', 'again, records', 'again, in place'],
  'fan-out': ['relaxed × 10', 'relaxed × 10, lent', 'relaxed × 10, in place'],
}
/** Wanted of what only the full parameters have. */
const FULL_ONLY = ['relaxed × 100', 'relaxed × 100, lent', 'relaxed × 100, in place']

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
        for (const [key, { median }] of Object.entries(values)) {
          // A collection may give back more than a few connections take.
          if (key === 'connectionKiB') expect(median).toEqual(expect.any(Number))
          else expect(median).toBeGreaterThanOrEqual(0)
        }
        if (reference !== undefined) expect(subjects).toContain(reference)
        if (reference !== undefined) expect(ratio).toBeGreaterThan(0)
      }
      const limits = results[0]?.limits ?? []
      expect(limits.map(({ subject }) => subject)).toEqual(LIMITED[scenario] ?? [])
      for (const { wanted } of results[0]?.wanted ?? []) {
        if (FULL_ONLY.includes(wanted.subject) || subjects.length === 0) continue
        const row = rows.find(({ subject }) => subject === wanted.subject)
        expect(Object.keys(row?.values ?? {})).toContain(wanted.figure)
      }
      expect(Object.keys(environment)).toEqual(
        expect.arrayContaining(['cpu', 'cores', 'memoryGiB', 'kernel', 'node', 'ws', 'commit']),
      )
    },
    60_000,
  )

  it('measures each peer that is installed, and names each that is not', async () => {
    const { results } = await bench('replay', '--small', '--peers', '--json')
    const { rows = [], remarks = [], peers = [] } = results[0] ?? {}
    for (const name of PEER_NAMES) {
      const isInstalled = PEERS[name].version() !== undefined
      expect(rows.some(({ subject }) => subject === name)).toBe(isInstalled)
      expect(peers.some((peer) => peer.name === name)).toBe(isInstalled)
      expect(remarks.some((remark) => remark.startsWith(name))).toBe(!isInstalled)
    }
  }, 120_000)

  it('says of a log that was left in the page cache that it was not cold', async () => {
    const notCold: unknown = expect.stringMatching(/^NOT COLD: /)
    const { results } = await bench('cold-replay', '--small', '--json')
    expect(results[0]?.remarks).toContainEqual(notCold)
    if (process.platform !== 'linux') return
    const { results: cold } = await bench('cold-replay', '--small', '--set', 'cold=1', '--json')
    expect(cold[0]?.remarks).not.toContainEqual(notCold)
  }, 60_000)

  it('says that without a browser nothing was measured', async () => {
    const env = { TAILRACE_CHROMIUM: '/nonexistent' }
    const { results } = await benchWith(env, 'browser', '--small', '--json')
    expect(results[0]?.rows).toEqual([])
    expect(results[0]?.remarks).toContainEqual(
      expect.stringMatching(/^NOT MEASURED: there is no Chromium/),
    )
  })

  it('draws what it measured', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bench-plot-'))
    try {
      const file = join(directory, 'plot.svg')
      await bench('single', '--small', '--json', '--svg', file)
      expect(await readFile(file, 'utf8')).toMatch(/^<svg .*>single, k records\/s<.*<\/svg>\n$/s)
    } finally {
      await rm(directory, { recursive: true })
    }
  }, 60_000)

  it('refuses a scenario that it does not have', async () => {
    await expect(promisify(execFile)(process.execPath, [main, 'nonesuch'])).rejects.toMatchObject({
      code: 2,
    })
  })
})
