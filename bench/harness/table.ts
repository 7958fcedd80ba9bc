/** The result of a scenario as text. */
import type { ScenarioResult } from './run-scenario.js'
import type { Column, Scenario } from './scenario.js'
import type { Row, Spread } from './summary.js'
import { judge, renderJudgements } from './wanted.js'

/** A table with a line per subject, headed by what the scenario models. */
export function renderTable(
  scenario: Scenario<object>,
  result: ScenarioResult,
  rows: readonly Row[],
): string {
  const columns = scenario.columns.filter(({ key }) => rows.some(({ values }) => key in values))
  const hasRatio = rows.some(({ ratio }) => ratio !== undefined)
  const header = ['', ...columns.map(({ title }) => title), ...(hasRatio ? ['ratio', ''] : [])]
  const lines = rows.map(({ subject, values, ratio, reference }) => [
    subject,
    ...columns.map((column, at) => cellOf(values[column.key], column, at === 0)),
    ...(hasRatio ? [ratioOf(ratio), ratio === undefined ? '' : `of ${reference}`] : []),
  ])
  const widths = header.map((_, at) =>
    Math.max(...[header, ...lines].map((cells) => cells[at]?.length ?? 0)),
  )
  const isLeft = (at: number): boolean => at === 0 || header[at] === ''
  const table = [header, ...lines].map((cells) =>
    cells
      .map((cell, at) =>
        isLeft(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const parameters = Object.entries(result.parameters)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')
  return [
    `${scenario.name}: ${scenario.about}`,
    `(${parameters})`,
    ...table,
    ...renderJudgements(judge(scenario, result)),
    ...result.peers.map(
      ({ name, version, ackMeans }) => `  ${name} ${version}, acknowledged: ${ackMeans}`,
    ),
    ...result.remarks.map((remark) => `! ${remark}`),
  ].join('\n')
}

function cellOf(spread: Spread | undefined, column: Column, isFirst: boolean): string {
  if (spread === undefined) return ''
  const { min, median, max } = spread
  const { digits, hasSpread = isFirst } = column
  if (!hasSpread) return median.toFixed(digits)
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
}

function ratioOf(ratio: number | undefined): string {
  if (ratio === undefined) return ''
  return ratio < 2 ? `${(ratio * 100).toFixed(0)} %` : `${ratio.toFixed(1)} ×`
}
