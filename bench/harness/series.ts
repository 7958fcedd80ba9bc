/**
 * The figures of a result by subject and round, also of what was measured elsewhere.
 *
 * Everything that compares does so within a round and takes the median afterwards: the speed of a machine
 * drifts, and a peer that failed has fewer rounds than the others.
 */
import type { ScenarioResult } from './run-scenario.js'
import type { ElsewhereRow, Scenario } from './scenario.js'

/** A figure by the number of its round. */
export type Series = ReadonlyMap<number, number>

export class FigureTable {
  readonly #scenario: Scenario<object>
  readonly #measurements: ScenarioResult['measurements']

  constructor(scenario: Scenario<object>, { measurements }: ScenarioResult) {
    this.#scenario = scenario
    this.#measurements = measurements
  }

  /** Subjects that ran, in order of appearance. */
  get subjects(): readonly string[] {
    return [...new Set(this.#measurements.map(({ subject }) => subject))]
  }

  /** The keys of all values of the subject. */
  columnsOf(subject: string): readonly string[] {
    const own = this.#measurements.filter((measurement) => measurement.subject === subject)
    return [...new Set(own.flatMap(({ values }) => Object.keys(values)))]
  }

  /**
   * The rounds of a subject. Of one that was measured elsewhere it is the figure that it would have here,
   * as far as the peer that was measured in both places says.
   */
  of(subject: string, column: string): Series {
    const row = this.#scenario.elsewhere?.rows.find((each) => each.subject === subject)
    if (row !== undefined) return this.#elsewhere(row, column)
    const own = this.#measurements.filter((measurement) => measurement.subject === subject)
    return new Map(
      own.flatMap(({ round, values }) => {
        const value = values[column]
        return value === undefined ? [] : [[round, value]]
      }),
    )
  }

  /** Whether the figures of this row are those of this machine, through a peer. */
  isBridged({ bridge }: ElsewhereRow): boolean {
    return bridge !== undefined && this.of(bridge.subject, this.#firstColumn).size > 0
  }

  get #firstColumn(): string {
    return this.#scenario.columns[0]?.key ?? ''
  }

  #elsewhere(row: ElsewhereRow, column: string): Series {
    const { values, bridge } = row
    const value = middleOf(values[column])
    if (value === undefined) return new Map()
    if (bridge === undefined || column !== this.#firstColumn || !this.isBridged(row)) {
      return new Map(this.#measurements.map(({ round }) => [round, value]))
    }
    const here = this.of(bridge.subject, column)
    return new Map([...here].map(([round, peer]) => [round, (value / bridge.value) * peer]))
  }
}

/** One against the other in each round that both have. */
export function ratiosOf(own: Series, other: Series): number[] {
  return [...own].flatMap(([round, value]) => {
    const base = other.get(round)
    return base === undefined ? [] : [value / base]
  })
}

/** The best of several in each round that any has. */
export function bestOf(all: readonly Series[], better: 'more' | 'less'): Series {
  const rounds = new Set(all.flatMap((series) => [...series.keys()]))
  const best = better === 'more' ? Math.max : Math.min
  return new Map(
    [...rounds].map((round) => [round, best(...all.flatMap((each) => each.get(round) ?? []))]),
  )
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2
}

function middleOf(value: number | readonly [number, number] | undefined): number | undefined {
  return typeof value === 'object' ? median(value) : value
}
