/** The result of a scenario as text. */
import { aligned } from './aligned.js'
import type { ScenarioReport } from './report.js'
import type { Scenario } from './scenario.js'
import type { Row, Spread } from './summary.js'
import { renderJudgements } from './wanted.js'

/**
 * A line per subject, headed by what the scenario models; below it how near they came to their limits, what is
 * wanted, what the figures of others mean, and what went wrong.
 */
export function renderTable(scenario: Scenario<object>, report: ScenarioReport): string {
  const parameters = Object.entries(report.parameters).map(
    ([key, value]) => `${key} ${String(value)}`,
  )
  const warmUps = `rounds to warm up ${report.warmUps}`
  return [
    `${scenario.name}: ${scenario.about}`,
    `(${[...parameters, warmUps].join(', ')})`,
    ...figuresOf(scenario, report),
    ...limitsOf(report),
    ...(report.isSmall ? [] : renderJudgements(report.wanted)),
    ...report.peers.map(
      ({ name, version, ackMeans }) => `  ${name} ${version}, acknowledged: ${ackMeans}`,
    ),
    ...(scenario.elsewhere === undefined ? [] : [`* ${scenario.elsewhere.about}`]),
    ...report.remarks.map((remark) => `! ${remark}`),
  ].join('\n')
}

function figuresOf(scenario: Scenario<object>, { rows, elsewhere }: ScenarioReport): string[] {
  const all = [...rows, ...elsewhere]
  const columns = scenario.columns.filter(({ key }) => rows.some(({ values }) => key in values))
  const hasRatio = all.some(({ ratio }) => ratio !== undefined)
  const header = ['', ...columns.map(({ title }) => title), ...(hasRatio ? ['ratio', ''] : [])]
  const lines = all.map((row) => {
    const isElsewhere = elsewhere.includes(row)
    return [
      isElsewhere ? `${row.subject} *` : row.subject,
      ...columns.map(({ key, digits, hasSpread }, at) =>
        cellOf(row.values[key], digits, isElsewhere ? 'if known' : (hasSpread ?? at === 0)),
      ),
      ...(hasRatio ? [ratioOf(row.ratio), referenceOf(row, isElsewhere)] : []),
    ]
  })
  return aligned([header, ...lines], (at) => at === 0 || header[at] === '')
}

function limitsOf({ limits }: ScenarioReport): string[] {
  const lines = limits.map(({ subject, limit, ratio }) => [
    `  limit: ${subject}`,
    ratioOf(ratio),
    `of ${limit}`,
  ])
  return aligned(lines, (at) => at !== 1)
}

function cellOf(
  spread: Spread | undefined,
  digits: number,
  hasSpread: boolean | 'if known',
): string {
  if (spread === undefined) return ''
  const [min, median, max] = [spread.min, spread.median, spread.max].map((each) =>
    each.toFixed(digits),
  )
  const isShown = hasSpread === 'if known' ? min !== max : hasSpread
  return isShown ? `${median} (${min}–${max})` : `${median}`
}

function referenceOf({ ratio, reference, through }: Row, isElsewhere: boolean): string {
  if (ratio === undefined) return ''
  if (!isElsewhere) return `of ${reference}`
  return `of ${reference}, ${through === undefined ? 'as it was there' : `through ${through}`}`
}

function ratioOf(ratio: number | undefined): string {
  if (ratio === undefined) return ''
  return ratio < 2 ? `${(ratio * 100).toFixed(0)} %` : `${ratio.toFixed(1)} ×`
}
