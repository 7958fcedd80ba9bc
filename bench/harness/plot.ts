/**
 * The result as one SVG: a group of bars per scenario, a whisker from the least to the greatest round.
 *
 * Only the first column of a scenario is drawn. Groups have units and so axes of their own.
 */
import type { Scenario } from './scenario.js'
import type { Row } from './summary.js'

/** A scenario with its rows, and those that were measured elsewhere. */
export interface PlotGroup {
  readonly scenario: Scenario<object>
  readonly rows: readonly Row[]
  readonly elsewhere: readonly Row[]
}

/** How values become lengths. */
export type PlotScale = 'linear' | 'log'

/** What the colours mean; only those that occur are explained. */
const LEGEND = {
  own: 'Tailrace',
  peer: 'other systems',
  limit: 'limits of this machine',
  elsewhere: '* measured elsewhere, as it was there',
} as const

interface Bar {
  readonly subject: string
  readonly kind: keyof typeof LEGEND
  readonly min: number
  readonly median: number
  readonly max: number
}

const WIDTH = 800
const LABEL_WIDTH = 190
const VALUE_WIDTH = 70
const AXIS_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH
const BAR_HEIGHT = 14
const ROW_HEIGHT = 20
const TITLE_HEIGHT = 40
const AXIS_HEIGHT = 28
const LEGEND_HEIGHT = 24
/** Of a letter at 12 px, generously. */
const LETTER_WIDTH = 7
const MARGIN = 10
const TICKS_MAX = 6
const LIMITS = /^(bare|reading|one|net|ws|copy|pwrite|write)\b/
const PEERS = /^(nats|redis|rabbitmq)\b/
const STYLE = `text { font: 12px sans-serif; fill: #222 }
.title { font-weight: bold } .note { fill-opacity: 0.7 } .end { text-anchor: end }
.middle { text-anchor: middle } .own { fill: #0a7d6c } .peer { fill: #9aa5b1 } .limit { fill: #d9b44a }
.elsewhere { fill: #9aa5b1; fill-opacity: 0.35; stroke: #9aa5b1; stroke-dasharray: 4 2 }
line { stroke: #222 } .grid { stroke-opacity: 0.15 }`

/** Draws the scenarios below each other. A scenario without rows is left out. */
export function renderPlot(groups: readonly PlotGroup[], scale: PlotScale): string {
  let top = 0
  const parts: string[] = []
  const kinds = new Set<Bar['kind']>()
  for (const { scenario, rows, elsewhere } of groups) {
    const bars = [
      ...barsOf(scenario, rows),
      ...barsOf(scenario, elsewhere).map((bar) => markedElsewhere(bar)),
    ]
    if (bars.length === 0) continue
    for (const { kind } of bars) kinds.add(kind)
    parts.push(`<g transform="translate(0 ${top})">`, ...groupOf(scenario, bars, scale), '</g>')
    top += TITLE_HEIGHT + bars.length * ROW_HEIGHT + AXIS_HEIGHT
  }
  if (kinds.size > 0) {
    parts.push(`<g transform="translate(0 ${top})">`, ...legendOf(kinds), '</g>')
    top += LEGEND_HEIGHT
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} 0 ${WIDTH + 2 * MARGIN} ${top}" width="${WIDTH + 2 * MARGIN}">`,
    `<style>${STYLE}</style>`,
    // Not every page that shows it is light.
    `<rect x="${-MARGIN}" width="100%" height="100%" fill="#fff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function legendOf(kinds: ReadonlySet<Bar['kind']>): string[] {
  let x = 0
  const parts: string[] = []
  for (const [kind, words] of Object.entries(LEGEND)) {
    if (!kinds.has(kind as Bar['kind'])) continue
    parts.push(
      `<path class="${kind}" d="M${x} 4h12v12h-12z"/>`,
      text({ x: x + 18, y: 14, kind: 'note' }, words),
    )
    x += 18 + words.length * LETTER_WIDTH + 2 * MARGIN
  }
  return parts
}

function barsOf({ columns }: Scenario<object>, rows: readonly Row[]): Bar[] {
  return rows.flatMap(({ subject, values }) => {
    const spread = values[columns[0]?.key ?? '']
    if (spread === undefined) return []
    return [{ subject, kind: kindOf(subject), ...spread }]
  })
}

function markedElsewhere(bar: Bar): Bar {
  return { ...bar, subject: `${bar.subject} *`, kind: 'elsewhere' }
}

function kindOf(subject: string): Bar['kind'] {
  return PEERS.test(subject) ? 'peer' : LIMITS.test(subject) ? 'limit' : 'own'
}

function groupOf(scenario: Scenario<object>, bars: readonly Bar[], scale: PlotScale): string[] {
  const [column] = scenario.columns
  const digits = column?.digits ?? 0
  const ticks = scale === 'log' ? logTicks(bars) : linearTicks(bars)
  const x = scaleOf(ticks, scale)
  const bottom = TITLE_HEIGHT + bars.length * ROW_HEIGHT
  const unit = (column?.title ?? '').replace(/ \(.*\)/, '')
  const better = `${scenario.better} is better${scale === 'log' ? ', logarithmic' : ''}`
  return [
    text({ x: 0, y: 16, kind: 'title' }, `${scenario.name}, ${unit}`),
    text({ x: 0, y: 31, kind: 'note' }, `${scenario.about} (${better})`),
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TITLE_HEIGHT}" y2="${bottom}"/>`,
      text({ x: x(tick), y: bottom + 14, kind: 'note middle' }, String(tick)),
    ]),
    ...bars.flatMap((bar, at) => barOf(bar, { x, y: TITLE_HEIGHT + at * ROW_HEIGHT, digits })),
  ]
}

function barOf(
  { subject, kind, min, median, max }: Bar,
  { x, y, digits }: { x: (value: number) => number; y: number; digits: number },
): string[] {
  const middle = y + BAR_HEIGHT / 2 + 1
  const length = round(x(median) - LABEL_WIDTH)
  return [
    text({ x: LABEL_WIDTH - 8, y: middle + 4, kind: 'end' }, subject),
    `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y + 1}" width="${length}" height="${BAR_HEIGHT}"/>`,
    `<line x1="${x(min)}" x2="${x(max)}" y1="${middle}" y2="${middle}"/>`,
    text(
      { x: round(x(Math.max(median, max)) + 6), y: middle + 4, kind: '' },
      median.toFixed(digits),
    ),
  ]
}

/** From the first tick at the left end to the last at the right; what is less has no length. */
function scaleOf(ticks: readonly number[], scale: PlotScale): (value: number) => number {
  const of = (value: number): number => (scale === 'log' ? Math.log10(value) : value)
  const [first = 0, last = 1] = [ticks[0], ticks.at(-1)].map((tick) => of(tick ?? 1))
  return (value) => {
    const share = value > 0 ? (of(value) - first) / (last - first) : 0
    return round(LABEL_WIDTH + Math.max(0, share) * AXIS_WIDTH)
  }
}

/** From 0, in steps of 1, 2 or 5 times a power of ten, to the greatest value or just beyond. */
function linearTicks(bars: readonly Bar[]): number[] {
  const greatest = Math.max(...bars.map(({ max }) => max)) || 1
  const power = 10 ** Math.floor(Math.log10(greatest / TICKS_MAX))
  const step = [1, 2, 5, 10]
    .map((times) => times * power)
    .find((each) => greatest / each <= TICKS_MAX)
  const count = Math.ceil(greatest / (step ?? greatest))
  return Array.from({ length: count + 1 }, (_, at) => exact(at * (step ?? greatest)))
}

/** Powers of ten around the values; the first is below all of them, so that each has a bar. */
function logTicks(bars: readonly Bar[]): number[] {
  const values = bars.flatMap(({ min, max }) => [min, max]).filter((value) => value > 0)
  const start = Math.ceil(Math.log10(Math.min(...values, 1e9))) - 1
  const end = Math.max(start + 1, Math.ceil(Math.log10(Math.max(...values, 1e-9))))
  return Array.from({ length: end - start + 1 }, (_, at) => exact(10 ** (start + at)))
}

function text(at: { x: number; y: number; kind: string }, words: string): string {
  const safe = words.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
  return `<text x="${at.x}" y="${at.y}" class="${at.kind}">${safe}</text>`
}

function round(length: number): number {
  return Math.round(length * 10) / 10
}

/** Without the last digits of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(6))
}
