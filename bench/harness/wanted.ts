/**
 * What a scenario is wanted to show, and whether it did.
 *
 * Printed beside the figures and never asserted: a test that fails because a machine is busy says nothing
 * of the code.
 */
import { PEER_NAMES } from '../peers/peer.js'
import type { ScenarioResult } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { FigureTable, bestOf, median, ratiosOf } from './series.js'
import type { Series } from './series.js'

/** A bound on a figure of one subject, or on its ratio to that of another. */
export interface Wanted {
  readonly subject: string
  /** The key of the figure. */
  readonly figure: string
  readonly bound: 'at least' | 'at most'
  readonly value: number
  /** Of the value. A ratio is in `%` or `×`. */
  readonly unit: string
  /** The figure is held against that of this subject in the same round; of several, against the best one there. */
  readonly against?: string | readonly string[]
  /** Which figure of `against`, unless it is the same. */
  readonly againstFigure?: string
}

/** How a bound was met. */
export interface Judgement {
  readonly wanted: Wanted
  /** With which subject it was compared; of several the one that was best by its median. */
  readonly against: string | undefined
  /** In the unit of the bound; undefined when nothing was measured to say it. */
  readonly measured: number | undefined
  readonly verdict: 'reached' | 'not reached' | 'not measured'
}

/** The subjects of all peers, for `against`; `suffix` is what the scenario puts behind their names. */
export function bestPeer(suffix = ''): readonly string[] {
  return PEER_NAMES.map((name) => `${name}${suffix}`)
}

/** Holds the result against each bound of its scenario. */
export function judge(scenario: Scenario<object>, result: ScenarioResult): Judgement[] {
  const table = new FigureTable(scenario, result)
  const all = [...(scenario.wanted ?? []), ...(scenario.elsewhere?.wanted ?? [])]
  return all.map((wanted) => judgeOne(wanted, table))
}

/** The judgements as lines below the table. */
export function renderJudgements(judgements: readonly Judgement[]): string[] {
  if (judgements.length === 0) return []
  const lines = judgements.map(({ wanted, against, measured, verdict }) => {
    const { subject, figure, bound, value, unit } = wanted
    const of =
      wanted.against === undefined
        ? ''
        : `${unit === '%' ? ' of' : ''} ${against ?? nameOf(wanted.against)}`
    const found = measured === undefined ? '' : `${measured.toPrecision(3)} ${unit}`
    return [subject, figure, `${bound} ${value} ${unit}${of}`, found, verdict]
  })
  const widths = [0, 1, 2, 3].map((at) =>
    Math.max(...lines.map((cells) => (cells[at] ?? '').length)),
  )
  return lines.map((cells) => {
    const [subject, figure, bound, found, verdict = ''] = cells.map((cell, at) =>
      at === 3 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
    )
    return `  wanted: ${subject}  ${figure}  ${bound}  ${found}  ${verdict}`.trimEnd()
  })
}

function nameOf(against: string | readonly string[]): string {
  return typeof against === 'string' ? against : 'the best peer'
}

function judgeOne(wanted: Wanted, table: FigureTable): Judgement {
  const { subject, bound, value, figure, unit, against, againstFigure = figure } = wanted
  const others = [against ?? []].flat().map((name) => ({
    name,
    series: table.of(name, againstFigure),
  }))
  const own = table.of(subject, figure)
  const better = bound === 'at least' ? 'more' : 'less'
  const scale = unit === '%' ? 100 : 1
  const best = bestOf(
    others.map(({ series }) => series),
    better,
  )
  const figures =
    against === undefined ? [...own.values()] : ratiosOf(own, best).map((ratio) => scale * ratio)
  const name = hardestOf(others, better) ?? (typeof against === 'string' ? against : undefined)
  if (figures.length === 0) {
    return { wanted, against: name, measured: undefined, verdict: 'not measured' }
  }
  const measured = median(figures)
  const isReached = bound === 'at least' ? measured >= value : measured <= value
  return { wanted, against: name, measured, verdict: isReached ? 'reached' : 'not reached' }
}

/** Of several subjects the one whose median is hardest to beat. */
function hardestOf(
  others: readonly { readonly name: string; readonly series: Series }[],
  better: 'more' | 'less',
): string | undefined {
  const sign = better === 'more' ? 1 : -1
  return others
    .filter(({ series }) => series.size > 0)
    .map(({ name, series }) => ({ name, rank: sign * median([...series.values()]) }))
    .toSorted((left, right) => right.rank - left.rank)[0]?.name
}
