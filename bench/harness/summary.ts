/** From single runs to medians, spreads and ratios. */
import type { ScenarioResult } from './run-scenario.js'
import type { Measurement, Scenario } from './scenario.js'

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
}

/** Sums up a result, one row a subject in order of appearance. */
export function summarize(scenario: Scenario<object>, result: ScenarioResult): Row[] {
  const { measurements } = result
  const key = scenario.columns[0]?.key ?? ''
  const valuesOf = (subject: string, of: string): number[] =>
    measurements.flatMap(({ subject: own, values }) => (own === subject ? (values[of] ?? []) : []))
  return [...new Set(measurements.map(({ subject }) => subject))].map((subject) => {
    const reference = scenario.references[subject]
    return {
      scenario: scenario.name,
      subject,
      values: Object.fromEntries(
        keysOf(measurements, subject).map((of) => [of, spreadOf(valuesOf(subject, of))]),
      ),
      reference,
      ratio: ratioOf(valuesOf(subject, key), reference && valuesOf(reference, key)),
    }
  })
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2
}

function spreadOf(values: readonly number[]): Spread {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) }
}

function keysOf(measurements: readonly Measurement[], subject: string): string[] {
  const own = measurements.filter((measurement) => measurement.subject === subject)
  return [...new Set(own.flatMap(({ values }) => Object.keys(values)))]
}

/** Undefined without a reference of as many runs. */
function ratioOf(
  own: readonly number[],
  reference: readonly number[] | '' | undefined,
): number | undefined {
  if (!reference || reference.length === 0 || reference.length !== own.length) return undefined
  return median(own.map((value, at) => value / (reference[at] ?? NaN)))
}
