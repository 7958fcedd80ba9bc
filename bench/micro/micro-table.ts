/** Results of micro benches as text. */
import { aligned } from '../harness/aligned.js'
import type { MicroResult } from './run-micro.js'

/** A table for each bench. */
export function renderMicro(results: readonly MicroResult[]): string {
  const benches = [...new Set(results.map(({ bench }) => bench))]
  return benches
    .map((bench) =>
      tableOf(
        bench,
        results.filter((result) => result.bench === bench),
      ),
    )
    .join('\n\n')
}

function tableOf(bench: string, results: readonly MicroResult[]): string {
  const header = [bench, 'ns', '', 'fastest', '±', 'M/s', 'GB/s', 'calls', 'hash']
  const lines = results.map((result) => [
    `  ${result.name}`,
    significant(result.nanoseconds),
    `a ${result.unit}`,
    significant(result.fastestNanoseconds),
    `${result.deviationPercent.toFixed(0)} %`,
    significant(result.millionsPerSecond),
    result.gigabytesPerSecond === undefined ? '' : result.gigabytesPerSecond.toFixed(2),
    String(result.calls),
    result.hash,
  ])
  return aligned([header, ...lines], (at) => at === 0 || at === 2).join('\n')
}

/** Three digits that count. */
function significant(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3)
}
