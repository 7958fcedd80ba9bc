/**
 * What a scenario is wanted to show, and whether it did.
 *
 * Printed beside the figures and never asserted: a test that fails because a machine is busy says nothing
 * of the code.
 */
import { PEER_NAMES } from '../peers/peer.js'
import type { ScenarioResult } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { median } from './summary.js'

/** A bound on a figure of one subject, or on its ratio to that of another. */
export interface Wanted {
  readonly subject: string
  /** The key of the figure. */
  readonly figure: string
  readonly bound: 'at least' | 'at most'
  readonly value: number
  /** Of the value. A ratio is in `%` or `×`. */
  readonly unit: string
  /** The figure is held against that of this subject in the same round; of several, against the best. */
  readonly against?: string | readonly string[]
  /** Which figure of `against`, unless it is the same. */
  readonly againstFigure?: string
}

/** How a bound was met. */
export interface Judgement {
  readonly wanted: Wanted
  /** With which subject it was compared: the best of several. */
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
  return (scenario.wanted ?? []).map((wanted) => judgeOne(wanted, result))
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

function judgeOne(wanted: Wanted, result: ScenarioResult): Judgement {
  const { bound, value, figure, unit } = wanted
  const own = valuesOf(result, wanted.subject, figure)
  const against = bestOf(wanted, result)
  const key = wanted.againstFigure ?? figure
  const reference = against === undefined ? undefined : valuesOf(result, against, key)
  const isMeasured =
    own.length > 0 && (wanted.against === undefined || own.length === reference?.length)
  if (!isMeasured) return { wanted, against, measured: undefined, verdict: 'not measured' }
  const scale = unit === '%' ? 100 : 1
  const ratios = own.map((each, at) => (scale * each) / (reference?.[at] ?? NaN))
  const measured = median(reference === undefined ? own : ratios)
  const isReached = bound === 'at least' ? measured >= value : measured <= value
  return { wanted, against, measured, verdict: isReached ? 'reached' : 'not reached' }
}

/** Of several subjects the one that is hardest to beat. */
function bestOf(
  { against, againstFigure, figure, bound }: Wanted,
  result: ScenarioResult,
): string | undefined {
  if (against === undefined || typeof against === 'string') return against
  const key = againstFigure ?? figure
  const sign = bound === 'at least' ? 1 : -1
  const rankOf = (subject: string): number => sign * median(valuesOf(result, subject, key))
  return against
    .filter((subject) => valuesOf(result, subject, key).length > 0)
    .toSorted((left, right) => rankOf(right) - rankOf(left))[0]
}

function valuesOf({ measurements }: ScenarioResult, subject: string, key: string): number[] {
  return measurements.flatMap((each) => (each.subject === subject ? (each.values[key] ?? []) : []))
}
