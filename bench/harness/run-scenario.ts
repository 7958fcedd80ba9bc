/** Runs a scenario and collects what it reports. */
import { ActorProcess, canPin } from './actor-process.js'
import type { Measurement, Scenario, ScenarioContext, Side } from './scenario.js'

/** Everything a scenario reported. */
export interface ScenarioResult {
  readonly scenario: string
  readonly parameters: object
  /** In the order of the runs, the warm-up left out. */
  readonly measurements: readonly Measurement[]
  readonly remarks: readonly string[]
}

/** How to run. */
export interface RunOptions {
  readonly isSmall: boolean
  /** Counted rounds, after the one that warms up. */
  readonly rounds: number
  /** Takes the place of single parameters. */
  readonly overrides: Readonly<Record<string, number>>
}

/** Runs the rounds; processes that were started are ended, also when the scenario fails. */
export async function runScenario<Parameters extends object>(
  scenario: Scenario<Parameters>,
  options: RunOptions,
): Promise<ScenarioResult> {
  const base = options.isSmall ? scenario.small : scenario.full
  const known = Object.entries(options.overrides).filter(([key]) => key in base)
  const parameters = { ...base, ...Object.fromEntries(known) }
  const measurements: Measurement[] = []
  const remarks = new Set<string>()
  const pinned = canPin()
  const actors: ActorProcess[] = []
  let round = 0
  const context: ScenarioContext<Parameters> = {
    parameters,
    *rounds() {
      for (round = 0; round <= options.rounds; round += 1) yield round
    },
    start: async (name, side) => {
      const actor = await ActorProcess.start(name, pinned ? CORES[side] : undefined)
      actors.push(actor)
      return actor
    },
    note: (measurement) => {
      checkValues(scenario.name, measurement)
      if (round > 0) measurements.push(measurement)
    },
    remark: (text) => remarks.add(text),
  }
  try {
    await scenario.run(context)
  } finally {
    for (const actor of actors.reverse()) await actor[Symbol.asyncDispose]()
  }
  return { scenario: scenario.name, parameters, measurements, remarks: [...remarks] }
}

const CORES: Readonly<Record<Side, number | undefined>> = {
  server: 0,
  client: 1,
  anywhere: undefined,
}

function checkValues(scenario: string, { subject, values }: Measurement): void {
  for (const [key, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw new Error(`${scenario}, ${subject}: ${key} is ${value}`)
  }
}
