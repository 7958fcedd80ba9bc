/**
 * The result of a bench for people: what was done, how fast it was, and how the latencies are spread.
 */

import { formatBytes } from '@tailrace/format'
import pc from 'picocolors'

import { bareTable, type Column } from '../text/bare-table.js'
import { formatLatency } from '../text/latency.js'
import { countOf, formatCount, formatRate } from '../text/numbers.js'
import { recordRange } from '../text/record-range.js'
import { latencyChart } from './latency-chart.js'
import { type BenchResult, type LatencyResult, type Throughput } from './result.js'

type Bold = (text: string) => string

/** All of it, without a line break at the end. */
export function resultText(result: BenchResult, isColored: boolean): string {
  const { bold } = pc.createColors(isColored)
  const { acknowledgementMs, deliveryMs } = result
  const parts = [heading(result), throughputTable(result, bold)]
  if (acknowledgementMs !== null || deliveryMs !== null) parts.push(latencyTable(result, bold))
  // Where both were measured, deliveries are what it was about.
  if (deliveryMs !== null) parts.push(latencyChart('DELIVERED WITHIN', deliveryMs.histogram, bold))
  else if (acknowledgementMs !== null) {
    parts.push(latencyChart('ACKNOWLEDGED WITHIN', acknowledgementMs.histogram, bold))
  }
  return [...parts, remarks(result).join('\n')].join('\n\n')
}

/** What was done, and below it `1 publisher, 128 B records, 64 KiB batches, fsync, as fast as acknowledged`. */
function heading(result: BenchResult): string {
  const { publishers, consumers, sizeBytes, batchBytes, ratePerSecond } = result
  const parts: string[] = []
  if (publishers > 0) parts.push(countOf(publishers, 'publisher'))
  if (consumers > 0) parts.push(countOf(consumers, 'consumer'))
  if (sizeBytes !== null && batchBytes !== null) {
    parts.push(`${formatBytes(sizeBytes)} records`, `${formatBytes(batchBytes)} batches`)
    parts.push(result.durability)
    parts.push(
      ratePerSecond === null
        ? 'as fast as acknowledged'
        : `${formatRate(ratePerSecond)} records/s due`,
    )
  }
  return `${result.bench}, stream "${result.stream}"\n${parts.join(', ')}`
}

const THROUGHPUT_COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'RECORDS', align: 'right' },
  { title: 'BYTES', align: 'right' },
  { title: 'SECONDS', align: 'right' },
  { title: 'RECORDS/S', align: 'right' },
  { title: 'BYTES/S', align: 'right' },
]

function throughputTable({ published, delivered, durability }: BenchResult, bold: Bold): string {
  const rows: string[][] = []
  const acknowledged = durability === 'fsync' ? 'on disk (fsync)' : 'taken (relaxed)'
  if (published !== null)
    rows.push([`acknowledged, ${acknowledged}`, ...throughputCells(published)])
  if (delivered !== null) rows.push(['delivered', ...throughputCells(delivered)])
  return bareTable(THROUGHPUT_COLUMNS, rows, bold)
}

function throughputCells(throughput: Throughput): readonly string[] {
  const { records, bytes, seconds, recordsPerSecond, bytesPerSecond } = throughput
  return [
    formatCount(records),
    formatBytes(bytes),
    seconds.toFixed(2),
    formatRate(recordsPerSecond),
    formatBytes(bytesPerSecond),
  ]
}

const LATENCY_COLUMNS: readonly Column[] = [
  { title: 'LATENCY', align: 'left' },
  { title: 'P50', align: 'right' },
  { title: 'P90', align: 'right' },
  { title: 'P99', align: 'right' },
  { title: 'P99.9', align: 'right' },
  { title: 'MAX', align: 'right' },
]

function latencyTable(result: BenchResult, bold: Bold): string {
  const { acknowledgementMs, deliveryMs, ratePerSecond } = result
  const from = ratePerSecond === null ? 'sent' : 'due'
  const rows: string[][] = []
  if (acknowledgementMs !== null) {
    rows.push([`${from} to acknowledged`, ...latencyCells(acknowledgementMs)])
  }
  if (deliveryMs !== null) rows.push([`${from} to delivered`, ...latencyCells(deliveryMs)])
  return bareTable(LATENCY_COLUMNS, rows, bold)
}

function latencyCells({ p50, p90, p99, p999, max }: LatencyResult): readonly string[] {
  return [p50, p90, p99, p999, max].map(formatLatency)
}

function remarks(result: BenchResult): readonly string[] {
  const { cpuSeconds, cpuCores } = result.client
  const lines = [`client CPU: ${cpuSeconds.toFixed(2)} s, ${cpuCores.toFixed(2)} cores`]
  if (result.consumers > 0) lines.push(`order: ${orderText(result)}`)
  for (const { from, to, reason } of result.gaps) {
    const why = reason === 'retention' ? 'removed by retention' : 'damaged on disk'
    lines.push(`gone: ${recordRange(from, to)}, ${why}`)
  }
  if (result.sizeBytes !== null && result.ratePerSecond === null) {
    lines.push('latency: a record waits behind all that was sent before it; try --rate, too')
  }
  if (result.unsentRecords > 0) {
    const unsent = countOf(result.unsentRecords, 'record')
    lines.push(`the rate was too high: ${unsent} due had not been sent, and count in no latency`)
  }
  return lines
}

function orderText(result: BenchResult): string {
  const { missingRecords, repeatedRecords, gaps, isComplete } = result
  if (missingRecords === 0 && repeatedRecords === 0) {
    if (!isComplete) return 'what was delivered came once, in order'
    return gaps.length === 0 ? 'every record once, in order' : 'every other record once, in order'
  }
  const missing = `${countOf(missingRecords, 'record')} missing`
  return `${missing}, ${formatCount(repeatedRecords)} repeated or out of order`
}
