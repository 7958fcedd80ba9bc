/** From single runs to medians, spreads and ratios. */
import type { ScenarioResult } from './run-scenario.js'
import type { Beside, ElsewhereRow, Scenario } from './scenario.js'
import { FigureTable, median, ratiosOf } from './series.js'

/** The middle and the ends of a figure over all rounds. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** One subject of a scenario. */
export interface Row {
  readonly scenario: string
  readonly subject: string
  readonly values: Readonly<Record<string, Spread>>
  /** The subject it is compared with. */
  readonly reference: string | undefined
  /**
   * Median over the rounds of its first column against the reference's of the same round. Above 1 is
   * more, whatever is better.
   */
  readonly ratio: number | undefined
  /** For a row that was measured elsewhere: the peer through which it is compared, if there is one. */
  readonly through?: string | undefined
}

/** Sums up a result, one row a subject in order of appearance. */
export function summarize(scenario: Scenario<object>, result: ScenarioResult): Row[] {
  const table = new FigureTable(scenario, result)
  const key = scenario.columns[0]?.key ?? ''
  return table.subjects.map((subject) => {
    const reference = scenario.references[subject]
    const values = table
      .columnsOf(subject)
      .map((column) => [column, spreadOf([...table.of(subject, column).values()])] as const)
    const ratio = reference && ratioOf(ratiosOf(table.of(subject, key), table.of(reference, key)))
    return {
      scenario: scenario.name,
      subject,
      values: Object.fromEntries(values),
      reference,
      ratio: ratio === '' ? undefined : ratio,
    }
  })
}

/** The rows that were measured elsewhere: their figures as they were there, their ratios as of here. */
export function summarizeElsewhere(scenario: Scenario<object>, result: ScenarioResult): Row[] {
  const table = new FigureTable(scenario, result)
  const key = scenario.columns[0]?.key ?? ''
  return (scenario.elsewhere?.rows ?? []).map((row: ElsewhereRow) => ({
    scenario: scenario.name,
    subject: row.subject,
    values: Object.fromEntries(
      Object.entries(row.values).map(([column, value]) => [column, spreadOf([value].flat())]),
    ),
    reference: row.reference,
    ratio: ratioOf(ratiosOf(table.of(row.subject, key), table.of(row.reference, key))),
    through: table.isBridged(row) ? row.bridge?.subject : undefined,
  }))
}

/** How much of a limit a subject came to. */
export interface ShareOfLimit extends Beside {
  /** Median over the rounds, as of a row. */
  readonly ratio: number
}

/** The shares of all limits that ran beside their subjects. */
export function sharesOfLimits(scenario: Scenario<object>, result: ScenarioResult): ShareOfLimit[] {
  const table = new FigureTable(scenario, result)
  const key = scenario.columns[0]?.key ?? ''
  return (scenario.limits ?? []).flatMap(({ subject, limit }) => {
    const ratio = ratioOf(ratiosOf(table.of(subject, key), table.of(limit, key)))
    return ratio === undefined ? [] : [{ subject, limit, ratio }]
  })
}

function spreadOf(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) }
}

/** Undefined where there is no round that both have. */
function ratioOf(ratios: readonly number[]): number | undefined {
  return ratios.length === 0 ? undefined : median(ratios)
}
