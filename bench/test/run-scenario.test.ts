/** Which rounds of a scenario count. */
import { describe, expect, it } from 'vitest'
import { runScenario } from '../harness/run-scenario.js'
import type { Scenario } from '../harness/scenario.js'

const never = new Promise<never>(() => undefined)

function scenarioOf(seen: number[], warmUps?: number): Scenario<object> {
  return {
    name: 'counting',
    about: 'which rounds there are',
    columns: [{ key: 'round', title: 'round', digits: 0 }],
    better: 'more',
    references: {},
    ...(warmUps === undefined ? {} : { warmUps }),
    full: {},
    small: {},
    run: (context) => {
      for (const round of context.rounds()) {
        seen.push(round)
        context.note({ subject: 'it', values: { round } })
      }
      return Promise.resolve()
    },
  }
}

describe('the rounds of a scenario', () => {
  it.each([
    { warmUps: undefined, isSmall: false, first: 1 },
    { warmUps: 3, isSmall: false, first: 3 },
    { warmUps: 3, isSmall: true, first: 1 },
  ])('count from $first on, of $warmUps to warm up, small: $isSmall', async (given) => {
    const { warmUps, isSmall, first } = given
    const seen: number[] = []
    const options = { isSmall, rounds: 2, overrides: {}, hasPeers: false, interrupted: never }
    const result = await runScenario(scenarioOf(seen, warmUps), options)
    expect(seen).toEqual(Array.from({ length: first + 2 }, (_, round) => round))
    expect(result.warmUps).toBe(first)
    expect(result.measurements).toEqual([
      { subject: 'it', round: 1, values: { round: first } },
      { subject: 'it', round: 2, values: { round: first + 1 } },
    ])
  })
})
