/** The drawing of a result: what is where, in numbers that were worked out by hand. */
import { describe, expect, it } from 'vitest'
import { renderPlot } from '../harness/plot.js'
import type { PlotScale } from '../harness/plot.js'
import type { Scenario } from '../harness/scenario.js'
import type { Row } from '../harness/summary.js'

const LEFT = 190
const AXIS = 540

const scenario: Scenario<object> = {
  name: 'race',
  about: 'a < b & c',
  columns: [
    { key: 'rate', title: 'k/s (min–max)', digits: 1 },
    { key: 'other', title: 'other', digits: 0 },
  ],
  better: 'more',
  references: {},
  full: {},
  small: {},
  run: () => Promise.resolve(),
}

function row(subject: string, [min, median, max]: readonly [number, number, number]): Row {
  const values = { rate: { min, median, max }, other: { min: 7, median: 7, max: 7 } }
  return { scenario: 'race', subject, values, reference: undefined, ratio: undefined }
}

const ROWS = [
  row('relaxed', [80, 90, 100]),
  row('nats × 4', [10, 10, 10]),
  row('bare ws', [100, 100, 100]),
]

interface Drawn {
  readonly kinds: readonly string[]
  readonly widths: readonly number[]
  readonly whiskers: readonly (readonly [number, number])[]
  readonly words: readonly string[]
}

function draw(rows: readonly Row[], scale: PlotScale, elsewhere: readonly Row[] = []): Drawn {
  const svg = renderPlot([{ scenario, rows, elsewhere }], scale)
  const all = (pattern: RegExp): string[][] =>
    [...svg.matchAll(pattern)].map(([, ...found]) => found)
  return {
    kinds: all(/<rect class="(\w+)"/g).flat(),
    widths: all(/<rect .*? width="([\d.]+)"/g).map(([width]) => Number(width)),
    whiskers: all(/<line x1="([\d.]+)" x2="([\d.]+)"/g).map(
      ([start, end]) => [Number(start), Number(end)] as const,
    ),
    words: all(/<text .*?>(.*?)<\/text>/g).flat(),
  }
}

describe('a plot', () => {
  it('draws bars as long as their medians, and whiskers from the least to the greatest', () => {
    const { widths, whiskers } = draw(ROWS, 'linear')
    expect(widths).toEqual([AXIS * 0.9, AXIS * 0.1, AXIS])
    expect(whiskers[0]).toEqual([LEFT + AXIS * 0.8, LEFT + AXIS])
  })

  it('tells our subjects from peers and from limits', () => {
    expect(draw(ROWS, 'linear').kinds).toEqual(['own', 'peer', 'limit'])
  })

  it('marks what was measured elsewhere, and explains the colours that occur', () => {
    const { kinds, words } = draw(ROWS.slice(0, 1), 'linear', [row('lavinmq', [5, 5, 5])])
    expect(kinds).toEqual(['own', 'elsewhere'])
    expect(words).toContain('lavinmq *')
    expect(words.slice(-2)).toEqual(['Tailrace', '* measured elsewhere, as it was there'])
  })

  it('labels bars, medians, ticks and the unit, and nothing in them is markup', () => {
    const { words } = draw(ROWS, 'linear')
    expect(words.slice(0, 2)).toEqual(['race, k/s', 'a &#60; b &#38; c (more is better)'])
    expect(words.slice(2, 8)).toEqual(['0', '20', '40', '60', '80', '100'])
    expect(words.slice(8, 10)).toEqual(['relaxed', '90.0'])
  })

  it('gives every power of ten the same length when logarithmic', () => {
    const rows = [
      row('fsync', [1, 1, 1]),
      row('redis', [10, 10, 10]),
      row('relaxed', [100, 100, 100]),
    ]
    const { widths, words } = draw(rows, 'log')
    expect(widths.map((width) => Math.round((3 * width) / AXIS))).toEqual([1, 2, 3])
    expect(words.slice(2, 6)).toEqual(['0.1', '1', '10', '100'])
  })

  it('survives figures that are all zero, and leaves out a scenario without any', () => {
    for (const scale of ['linear', 'log'] as const) {
      expect(draw([row('relaxed', [0, 0, 0])], scale).widths).toEqual([0])
      expect(draw([], scale).words).toEqual([])
    }
  })
})
