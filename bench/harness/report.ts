/** Everything there is to say about a scenario that ran: what the table prints and the JSON holds. */
import type { ScenarioResult } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { sharesOfLimits, summarize, summarizeElsewhere } from './summary.js'
import type { Row, ShareOfLimit } from './summary.js'
import { judge } from './wanted.js'
import type { Judgement } from './wanted.js'

/** A result, summed up. */
export interface ScenarioReport extends ScenarioResult {
  readonly isSmall: boolean
  /** Subjects that ran. */
  readonly rows: readonly Row[]
  /** Subjects that were measured elsewhere, on the same kind of machine. */
  readonly elsewhere: readonly Row[]
  readonly limits: readonly ShareOfLimit[]
  readonly wanted: readonly Judgement[]
}

/** Sums up what a scenario reported. */
export function reportOf(
  scenario: Scenario<object>,
  result: ScenarioResult,
  isSmall: boolean,
): ScenarioReport {
  return {
    ...result,
    isSmall,
    rows: summarize(scenario, result),
    elsewhere: summarizeElsewhere(scenario, result),
    limits: sharesOfLimits(scenario, result),
    wanted: judge(scenario, result),
  }
}
