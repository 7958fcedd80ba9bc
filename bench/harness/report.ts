/** Results as a table for people and as JSON for machines. */
import type { Run } from '../scenarios/publish-replay.js'
import type { Environment } from './environment.js'

/** The median of one kind of run, with its spread, and its ratio to the bare pair of the same rounds. */
export interface Row {
  readonly kind: Run['kind']
  /** Millions a second. */
  readonly recordsPerSecond: { readonly min: number; readonly median: number; readonly max: number }
  readonly gigabytesPerSecond: number
  /** Processor seconds per million records, of each process. */
  readonly clientCpuPerMillion: number
  readonly serverCpuPerMillion: number
  /** Bytes per second against the bare pair in the same direction; undefined for the bare pair. */
  readonly ofBare: number | undefined
}

const BARE: Record<string, Run['kind']> = {
  'publish relaxed': 'bare ws to server',
  'publish fsync': 'bare ws to server',
  replay: 'bare ws to client',
}

/** Sums up the runs, one row a kind in order of appearance. */
export function summarize(runs: readonly Run[]): Row[] {
  const kinds = [...new Set(runs.map((run) => run.kind))]
  return kinds.map((kind) => {
    const own = runs.filter((run) => run.kind === kind)
    const rates = own.map((run) => run.records / run.seconds / 1e6)
    const millions = (own[0]?.records ?? 0) / 1e6
    const bareKind = BARE[kind]
    const bareRuns = runs.filter((run) => run.kind === bareKind)
    return {
      kind,
      recordsPerSecond: {
        min: Math.min(...rates),
        median: median(rates),
        max: Math.max(...rates),
      },
      gigabytesPerSecond: median(own.map((run) => run.bytes / run.seconds / 1e9)),
      clientCpuPerMillion: median(own.map((run) => run.cpuSeconds)) / millions,
      serverCpuPerMillion: median(own.map((run) => run.serverCpuSeconds)) / millions,
      ofBare:
        bareRuns.length === 0
          ? undefined
          : median(own.map((run, at) => (bareRuns[at]?.seconds ?? NaN) / run.seconds)),
    }
  })
}

/** The table and the environment, as text. */
export function renderReport(rows: readonly Row[], environment: Environment): string {
  const header = ['', 'M records/s (min–max)', 'GB/s', 'of bare ws', 'CPU s/M client', 'server']
  const lines = rows.map((row) => {
    const { min, median: middle, max } = row.recordsPerSecond
    return [
      row.kind,
      `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`,
      row.gigabytesPerSecond.toFixed(2),
      row.ofBare === undefined ? '' : `${(row.ofBare * 100).toFixed(0)} %`,
      row.clientCpuPerMillion.toFixed(3),
      row.serverCpuPerMillion.toFixed(3),
    ]
  })
  const widths = header.map((_, at) =>
    Math.max(...[header, ...lines].map((cells) => cells[at]?.length ?? 0)),
  )
  const table = [header, ...lines].map((cells) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
  const { cpu, cores, memoryGiB, kernel, node, ws, commit, pinned } = environment
  return [
    ...table,
    '',
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ws ${ws}, commit ${commit}`,
    `server and client ${pinned ? 'on one core each' : 'not pinned'}; loopback; medians`,
  ].join('\n')
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2
}
