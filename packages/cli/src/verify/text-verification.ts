/**
 * A verification as people read it: a line for each stream, then whatever is to be said of some of them,
 * then the verdict.
 */

import {
  type Defect,
  type StoreVerification,
  type StreamVerification,
  type TornTailFinding,
  type VerificationWarning,
} from '@tailrace/core'
import { formatBytes } from '@tailrace/format'
import path from 'node:path'
import pc from 'picocolors'

import { bareTable, type Column } from '../text/bare-table.js'
import { countOf, formatCount } from '../text/numbers.js'
import { recordRange } from '../text/record-range.js'
import { visible } from '../text/visible.js'
import { lostRecords } from './stream-facts.js'

/** What the text needs beside the verification. */
export interface TextOptions {
  /** The data directory as it was given. */
  readonly data: string
  readonly seconds: number
  readonly isColored: boolean
}

type Colors = ReturnType<typeof pc.createColors>

const COLUMNS: readonly Column[] = [
  { title: 'STREAM', align: 'left' },
  { title: 'RECORDS', align: 'right' },
  { title: 'OFFSETS', align: 'left' },
  { title: 'SIZE', align: 'right' },
  { title: 'SEGMENTS', align: 'right' },
  { title: 'STATE', align: 'left' },
]

/** Findings of one kind that are shown of a stream; the others are counted. */
const FINDINGS_SHOWN = 20

const LABEL_COLUMNS = 11

/** The whole report, without a line break at the end. */
export function verificationText(found: StoreVerification, options: TextOptions): string {
  const colors = pc.createColors(options.isColored)
  const { streams, defects, warnings } = found
  const rows = streams.map((stream) => rowOf(stream, colors))
  const table = rows.length === 0 ? [] : [bareTable(COLUMNS, rows, colors.bold)]
  const ofStore = [...defectItems(defects, colors), ...warningItems(warnings, colors)]
  const sections = [
    ...table,
    ...sectionOf(colors.bold(options.data), ofStore),
    ...streams.flatMap((stream) =>
      sectionOf(colors.bold(`stream "${stream.name}"`), detailsOf(stream, options.data, colors)),
    ),
    verdict(found, options, colors),
  ]
  return sections.join('\n\n')
}

function rowOf(stream: StreamVerification, colors: Colors): string[] {
  const { name, records, startOffset, endOffset, bytes, segments } = stream
  const isEmpty = endOffset === startOffset
  return [
    name,
    formatCount(records),
    isEmpty ? '-' : `${startOffset} to ${endOffset - 1}`,
    formatBytes(bytes),
    formatCount(segments),
    stateOf(stream, colors),
  ]
}

function stateOf(stream: StreamVerification, { green, red }: Colors): string {
  const { defects, gaps, tornTail, warnings } = stream
  if (defects.length > 0) {
    const lost = lostRecords(stream)
    const hasUnknown = defects.some(
      ({ fromOffset, toOffset }) => fromOffset !== null && toOffset === null,
    )
    const some = hasUnknown ? 'records' : ''
    const count = lost === 0 ? some : countOf(lost, 'record') + (hasUnknown ? ' or more' : '')
    const effect = count === '' ? '' : `, ${count} unreadable`
    return red(`damaged: ${countOf(defects.length, 'defect')}${effect}`)
  }
  const notes = [
    ...(gaps.length === 0 ? [] : [countOf(gaps.length, 'gap')]),
    ...(tornTail === undefined ? [] : ['torn tail']),
    ...(warnings.length === 0 ? [] : [countOf(warnings.length, 'note')]),
  ]
  return notes.length === 0 ? green('ok') : `${green('ok')} (${notes.join(', ')})`
}

function detailsOf(stream: StreamVerification, data: string, colors: Colors): readonly string[] {
  const { name, defects, gaps, tornTail, warnings, evidence } = stream
  const directory = path.join(data, 'streams', name)
  return [
    ...defectItems(defects, colors),
    ...(tornTail === undefined ? [] : [tornTailItem(tornTail)]),
    ...shown(
      gaps.map(({ from, to }) => item('gap', [`${recordRange(from, to)}, given up by a repair`])),
    ),
    ...warningItems(warnings, colors),
    ...(evidence.length === 0 ? [] : [evidenceItem(directory, evidence)]),
  ]
}

function defectItems(defects: readonly Defect[], { red }: Colors): readonly string[] {
  const items = defects.map((defect) => {
    const what = `${defect.code}: ${defect.message}`
    return item('damage', [placeOf(defect), what, ...effectOf(defect)], red)
  })
  return shown(items)
}

function placeOf({ segment, positionBytes, endPositionBytes }: Defect): string {
  if (endPositionBytes <= positionBytes) return segment
  const range = `positions ${positionBytes} to ${endPositionBytes - 1}`
  return `${segment}, ${range} (${formatBytes(endPositionBytes - positionBytes)})`
}

function effectOf(defect: Defect): readonly string[] {
  const { fromOffset, toOffset } = defect
  if (fromOffset === null) return []
  if (toOffset === null) return [`records from offset ${fromOffset} on cannot be read`]
  if (toOffset <= fromOffset) return ['no record is lost']
  return [`${recordRange(fromOffset, toOffset)} cannot be read`]
}

function tornTailItem({ segment, positionBytes, lengthBytes }: TornTailFinding): string {
  return item('torn tail', [
    `${segment}, ${formatBytes(lengthBytes)} from position ${positionBytes} on`,
    'what a crash left of its last writes; the next start of the server cuts it off and',
    'keeps it beside the log: nothing to be done',
  ])
}

function warningItems(
  warnings: readonly VerificationWarning[],
  { yellow }: Colors,
): readonly string[] {
  return shown(
    warnings.map(({ file, message }) => item('note', [visible(file), visible(message)], yellow)),
  )
}

function evidenceItem(directory: string, evidence: readonly string[]): string {
  return item('evidence', [
    `${countOf(evidence.length, 'file')} in ${directory}`,
    'bytes that were taken out of the log; nothing reads them, so they may go when you are done',
  ])
}

/** `  damage     where`, and lines about it below. */
function item(label: string, lines: readonly string[], color: (text: string) => string = String) {
  const space = ' '.repeat(LABEL_COLUMNS)
  const padding = ' '.repeat(LABEL_COLUMNS - label.length)
  const [head = '', ...more] = lines
  return [`  ${color(label)}${padding}${head}`, ...more.map((line) => `  ${space}${line}`)].join(
    '\n',
  )
}

function shown(items: readonly string[]): readonly string[] {
  const more = items.length - FINDINGS_SHOWN
  if (more <= 0) return items
  return [
    ...items.slice(0, FINDINGS_SHOWN),
    item('', [`… and ${formatCount(more)} more, see --json`]),
  ]
}

function sectionOf(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [[title, ...items].join('\n')]
}

function verdict(
  { streams, isSound, defects }: StoreVerification,
  { seconds }: TextOptions,
  { green, red }: Colors,
): string {
  const records = streams.reduce((sum, stream) => sum + stream.records, 0)
  const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0)
  const extent = `${countOf(streams.length, 'stream')}, ${countOf(records, 'record')}, ${formatBytes(bytes)}`
  const damaged = streams.filter((stream) => stream.defects.length > 0).length
  const places = [
    ...(damaged === 0 ? [] : [`${formatCount(damaged)} of ${countOf(streams.length, 'stream')}`]),
    ...(defects.length === 0 ? [] : ['the data directory itself']),
  ]
  const result = isSound ? green('no damage') : red(`damage in ${places.join(' and ')}`)
  return `verified ${extent} in ${seconds.toFixed(1)} s: ${result}`
}
