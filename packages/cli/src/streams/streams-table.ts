/**
 * Streams as a table for people.
 */

import { formatBytes, formatDuration } from '@tailrace/format'
import { type StreamInfo } from '@tailrace/protocol'
import pc from 'picocolors'

import { bareTable, type Column } from '../text/bare-table.js'
import { countOf, formatCount, formatTime } from '../text/numbers.js'

const COLUMNS: readonly Column[] = [
  { title: 'STREAM', align: 'left' },
  { title: 'RECORDS', align: 'right' },
  { title: 'FIRST', align: 'right' },
  { title: 'NEXT', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'DURABILITY', align: 'left' },
  { title: 'LAST APPEND (UTC)', align: 'left' },
]

/** A table of the streams, one line each, without a line break at the end. */
export function streamsTable(streams: readonly StreamInfo[], isColored: boolean): string {
  const rows = streams.map((info) => [
    info.stream,
    formatCount(info.endOffset - info.startOffset),
    formatCount(info.startOffset),
    formatCount(info.endOffset),
    formatBytes(info.sizeBytes),
    info.durability,
    info.lastAppendUs === null ? '-' : formatTime(info.lastAppendUs),
  ])
  return bareTable(COLUMNS, rows, pc.createColors(isColored).bold)
}

/** One stream, a line for each of its facts. */
export function streamFacts(info: StreamInfo, isColored: boolean): string {
  const { bold } = pc.createColors(isColored)
  const rows = factsOf(info)
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${bold(name.padEnd(width))}  ${value}`).join('\n')
}

function factsOf({ config, ...info }: StreamInfo): readonly (readonly [string, string])[] {
  const { retentionBytes, retentionMs, retentionRecords } = config
  return [
    ['stream', info.stream],
    ['id', info.streamId],
    ['epoch', String(info.epoch)],
    ['records', formatCount(info.endOffset - info.startOffset)],
    ['first offset', formatCount(info.startOffset)],
    ['next offset', formatCount(info.endOffset)],
    ['durable below', formatCount(info.durableOffset)],
    ['visible below', formatCount(info.visibleOffset)],
    ['size', `${formatBytes(info.sizeBytes)} in ${countOf(info.segmentCount, 'segment')}`],
    ['created', `${formatTime(info.createdUs)} UTC`],
    ['last append', info.lastAppendUs === null ? 'never' : `${formatTime(info.lastAppendUs)} UTC`],
    ['durability', durabilityText(config)],
    ['segments up to', formatBytes(config.segmentBytesMax)],
    ['kept by size', retentionBytes === null ? 'everything' : formatBytes(retentionBytes)],
    ['kept by age', retentionMs === null ? 'for ever' : formatDuration(retentionMs)],
    [
      'kept by count',
      retentionRecords === null ? 'any number' : countOf(retentionRecords, 'record'),
    ],
  ]
}

function durabilityText({ durability, flushIntervalMs }: StreamInfo['config']): string {
  if (durability === 'fsync') return 'fsync (acknowledged when on disk)'
  return `relaxed (on disk within ${formatDuration(flushIntervalMs)})`
}
