/**
 * Latencies as bars of text, one for each bucket.
 */

import { bareTable, type Column } from '../text/bare-table.js'
import { formatLatency } from '../text/latency.js'
import { formatCount } from '../text/numbers.js'
import { type LatencyBucket } from './latencies.js'

const BAR_COLUMNS = 40
/** From an eighth of a column to seven. */
const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/**
 * A line for each bucket: its end, the records in it, their share, and a bar. The largest bucket has the
 * longest bar, and what is not empty has some.
 */
export function latencyChart(
  title: string,
  buckets: readonly LatencyBucket[],
  bold: (text: string) => string,
): string {
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  const largest = Math.max(...buckets.map(({ count }) => count))
  const columns: readonly Column[] = [
    { title, align: 'right' },
    { title: 'RECORDS', align: 'right' },
    { title: 'SHARE', align: 'right' },
    { title: '', align: 'left' },
  ]
  const rows = buckets.map(({ toMs, count }) => [
    formatLatency(toMs),
    formatCount(count),
    shareText(count / total),
    barOf(count / largest),
  ])
  return bareTable(columns, rows, bold)
}

function shareText(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.01) return '<0.01%'
  return `${percent.toFixed(2)}%`
}

function barOf(fraction: number): string {
  if (fraction === 0) return ''
  const eighths = Math.max(1, Math.round(fraction * BAR_COLUMNS * PARTS.length))
  const whole = '█'.repeat(Math.floor(eighths / PARTS.length))
  return `${whole}${PARTS[eighths % PARTS.length] ?? ''}`
}
