/** Comparisons within each round, with what did not run in all of them, and with what ran elsewhere. */
import { describe, expect, it } from 'vitest'
import { reportOf } from '../harness/report.js'
import type { ScenarioReport } from '../harness/report.js'
import type { Elsewhere, Scenario } from '../harness/scenario.js'
import { renderTable } from '../harness/table.js'
import type { Wanted } from '../harness/wanted.js'

const RATE = { subject: 'own', figure: 'rate', bound: 'at least' } as const

/** Of each subject its figures, round by round. */
type Rounds = Readonly<Record<string, readonly number[]>>

const ELSEWHERE: Elsewhere = {
  about: 'measured on another day',
  rows: [
    {
      subject: 'other',
      values: { rate: 50, ms: [2, 4] },
      reference: 'own',
      bridge: { subject: 'rabbitmq', value: 100 },
    },
  ],
  wanted: [{ ...RATE, value: 5, unit: '×', against: 'other' }],
}

function scenarioOf(wanted: readonly Wanted[], elsewhere?: Elsewhere): Scenario<object> {
  return {
    name: 'race',
    about: 'who is first',
    columns: [{ key: 'rate', title: 'k/s', digits: 1 }],
    better: 'more',
    references: { own: 'bare' },
    limits: [
      { subject: 'own', limit: 'least' },
      { subject: 'own', limit: 'nobody' },
    ],
    wanted,
    ...(elsewhere === undefined ? {} : { elsewhere }),
    full: {},
    small: {},
    run: () => Promise.resolve(),
  }
}

function report(rounds: Rounds, scenario: Scenario<object>, isSmall = false): ScenarioReport {
  const measurements = Object.entries(rounds).flatMap(([subject, rates]) =>
    rates.map((rate, at) => ({ subject, round: at + 1, values: { rate, ms: 1000 / rate } })),
  )
  const result = {
    scenario: 'race',
    parameters: {},
    warmUps: 1,
    measurements,
    remarks: [],
    peers: [],
  }
  return reportOf(scenario, result, isSmall)
}

describe('a comparison', () => {
  it('is made within each round, and the median of those counts', () => {
    const { rows } = report({ own: [10, 80, 30], bare: [100, 100, 10] }, scenarioOf([]))
    expect(rows.map(({ ratio }) => ratio)).toEqual([0.8, undefined])
  })

  it('leaves out the rounds that one of the two did not have', () => {
    const { rows } = report({ own: [10, 80, 30], bare: [100] }, scenarioOf([]))
    expect(rows[0]?.ratio).toBe(0.1)
  })
})

describe('a limit', () => {
  it('is said with the share of it, round by round, and is not where one of the two did not run', () => {
    const { limits } = report({ own: [10, 80, 30], least: [20, 100, 100] }, scenarioOf([]))
    expect(limits).toEqual([{ subject: 'own', limit: 'least', ratio: 0.5 }])
    expect(report({ least: [20] }, scenarioOf([])).limits).toEqual([])
  })
})

describe('what was measured elsewhere', () => {
  it('keeps its figures, and is compared through a peer that was measured in both places', () => {
    const rounds = { own: [100, 100, 400], rabbitmq: [20, 40, 40] }
    const { rows, elsewhere, wanted } = report(rounds, scenarioOf([], ELSEWHERE))
    expect(rows.map(({ subject }) => subject)).toEqual(['own', 'rabbitmq'])
    expect(elsewhere[0]?.values).toEqual({
      rate: { min: 50, median: 50, max: 50 },
      ms: { min: 2, median: 3, max: 4 },
    })
    // Half of RabbitMQ: 10, 20 and 20 here.
    expect(elsewhere[0]).toMatchObject({ ratio: 0.1, through: 'rabbitmq' })
    expect(wanted[0]).toMatchObject({ measured: 10, verdict: 'reached' })
  })

  it('is compared as it was there when that peer does not take part', () => {
    const { elsewhere, wanted } = report({ own: [100] }, scenarioOf([], ELSEWHERE))
    expect(elsewhere[0]).toMatchObject({ ratio: 0.5, through: undefined })
    expect(wanted[0]).toMatchObject({ measured: 2, verdict: 'not reached' })
  })
})

describe('the table', () => {
  const rounds = {
    ...{ own: [100, 80, 90], bare: [100, 100, 100], least: [200, 100, 90] },
    rabbitmq: [20, 20, 20],
  }
  const wanted: Wanted[] = [
    { ...RATE, value: 80, unit: '%', against: 'bare' },
    { ...RATE, value: 1, unit: '×', against: 'nobody' },
  ]
  const scenario = scenarioOf(wanted, ELSEWHERE)

  it('says what each figure is of, what was measured elsewhere, and what is reached', () => {
    expect(renderTable(scenario, report(rounds, scenario)).split('\n')).toEqual([
      'race: who is first',
      '(rounds to warm up 1)',
      '                          k/s  ratio',
      'own         90.0 (80.0–100.0)   90 %  of bare',
      'bare      100.0 (100.0–100.0)',
      'least      100.0 (90.0–200.0)',
      'rabbitmq     20.0 (20.0–20.0)',
      'other *                  50.0   11 %  of own, through rabbitmq',
      '  limit: own  80 %  of least',
      '  wanted: own  rate  at least 80 % of bare  90.0 %  reached',
      '  wanted: own  rate  at least 1 × nobody            not measured',
      '  wanted: own  rate  at least 5 × other     9.00 ×  reached',
      '* measured on another day',
    ])
  })

  it('does not judge small parameters', () => {
    expect(renderTable(scenario, report(rounds, scenario, true))).not.toContain('wanted')
  })
})
