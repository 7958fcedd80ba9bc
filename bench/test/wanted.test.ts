/** Whether a bound was met: by which figure, against whom, and what is said when nothing was measured. */
import { describe, expect, it } from 'vitest'
import type { ScenarioResult } from '../harness/run-scenario.js'
import type { Scenario } from '../harness/scenario.js'
import { bestPeer, judge, renderJudgements } from '../harness/wanted.js'
import type { Wanted } from '../harness/wanted.js'

function judged(wanted: Wanted, rounds: Record<string, readonly Record<string, number>[]>) {
  const scenario: Scenario<object> = {
    name: 'some',
    about: 'something',
    columns: [],
    better: 'more',
    references: {},
    wanted: [wanted],
    full: {},
    small: {},
    run: () => Promise.resolve(),
  }
  const result: ScenarioResult = {
    scenario: 'some',
    parameters: {},
    warmUps: 1,
    measurements: Object.entries(rounds).flatMap(([subject, each]) =>
      each.map((values, at) => ({ subject, round: at + 1, values })),
    ),
    remarks: [],
    peers: [],
  }
  const judgements = judge(scenario, result)
  return { judgement: judgements[0], lines: renderJudgements(judgements) }
}

const rates = (...values: number[]) => values.map((rate) => ({ rate }))
const AT_LEAST = { subject: 'ours', figure: 'rate', bound: 'at least' } as const

describe('what is wanted of a scenario', () => {
  it('is reached at the bound and not below it', () => {
    const wanted: Wanted = { ...AT_LEAST, value: 10, unit: 'M/s' }
    expect(judged(wanted, { ours: rates(9, 10, 12) }).judgement?.verdict).toBe('reached')
    expect(judged(wanted, { ours: rates(9, 9.99, 12) }).judgement?.verdict).toBe('not reached')
  })

  it('is reached at a bound from above and not beyond it', () => {
    const wanted: Wanted = { ...AT_LEAST, bound: 'at most', value: 5, unit: 'ms' }
    expect(judged(wanted, { ours: rates(5) }).judgement?.verdict).toBe('reached')
    expect(judged(wanted, { ours: rates(5.01) }).judgement?.verdict).toBe('not reached')
  })

  it('compares run for run, and takes the median of the ratios', () => {
    const wanted: Wanted = { ...AT_LEAST, value: 80, unit: '%', against: 'limit' }
    const { judgement } = judged(wanted, { ours: rates(8, 9, 1), limit: rates(10, 10, 10) })
    expect(judgement).toMatchObject({ measured: 80, verdict: 'reached' })
  })

  it('compares one figure with another where it says so', () => {
    const { judgement } = judged(
      { ...AT_LEAST, bound: 'at most', value: 3, unit: '×', against: 'disk', againstFigure: 'p50' },
      { ours: rates(9), disk: [{ rate: 1, p50: 2 }] },
    )
    expect(judgement).toMatchObject({ measured: 4.5, verdict: 'not reached' })
  })

  it('takes of several the one that is hardest to beat', () => {
    const peers = { nats: rates(2), redis: rates(4) }
    const more: Wanted = { ...AT_LEAST, value: 5, unit: '×', against: bestPeer() }
    expect(judged(more, { ours: rates(12), ...peers }).judgement).toMatchObject({
      against: 'redis',
      measured: 3,
    })
    const less: Wanted = { ...more, bound: 'at most' }
    expect(judged(less, { ours: rates(12), ...peers }).judgement?.against).toBe('nats')
  })

  it('is held against the best of each round, whoever that is', () => {
    const peers = { nats: rates(1, 4), redis: rates(2, 2) }
    const more: Wanted = { ...AT_LEAST, value: 5, unit: '×', against: bestPeer() }
    expect(judged(more, { ours: rates(12, 12), ...peers }).judgement?.measured).toBe(4.5)
    const less: Wanted = { ...more, bound: 'at most' }
    expect(judged(less, { ours: rates(12, 12), ...peers }).judgement?.measured).toBe(9)
  })

  it('is not measured without the subject, or without anybody to compare with', () => {
    const wanted: Wanted = { ...AT_LEAST, value: 5, unit: '×', against: bestPeer() }
    expect(judged(wanted, { ours: rates(1) }).judgement?.verdict).toBe('not measured')
    expect(judged(wanted, { nats: rates(1) }).judgement?.verdict).toBe('not measured')
    expect(judged(wanted, { ours: rates(1) }).lines).toEqual([
      '  wanted: ours  rate  at least 5 × the best peer    not measured',
    ])
  })

  it('is said with the figure beside it', () => {
    const wanted: Wanted = { ...AT_LEAST, value: 80, unit: '%', against: 'limit' }
    expect(judged(wanted, { ours: rates(1), limit: rates(3) }).lines).toEqual([
      '  wanted: ours  rate  at least 80 % of limit  33.3 %  not reached',
    ])
  })
})
