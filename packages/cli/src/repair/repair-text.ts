/**
 * What a repair does, or would do, as people read it: the steps in their order, then what becomes of the
 * records.
 */

import { type RepairAction, type RepairReport } from '@tailrace/core'
import { formatBytes } from '@tailrace/format'
import path from 'node:path'
import pc from 'picocolors'

import { countOf } from '../text/numbers.js'
import { recordRange } from '../text/record-range.js'

/** What the text needs beside the report. */
export interface RepairTextOptions {
  /** The data directory as it was given. */
  readonly data: string
  readonly isColored: boolean
}

/** Steps that are shown; the others are counted. */
const STEPS_SHOWN = 50

/** The whole report, without a line break at the end. */
export function repairText(report: RepairReport, { data, isColored }: RepairTextOptions): string {
  const colors = pc.createColors(isColored)
  const directory = path.join(data, 'streams', report.stream)
  const sections = [
    headline(report, directory, colors),
    ...(report.isNeeded ? [stepLines(report), factLines(report, directory)] : []),
    ...unrepairableLines(report, colors),
  ]
  return sections.join('\n\n')
}

type Colors = ReturnType<typeof pc.createColors>

function headline(
  { stream, isNeeded, isApplied, unrepairable }: RepairReport,
  directory: string,
  { bold, green }: Colors,
): string {
  const title = bold(`stream "${stream}" in ${directory}`)
  if (isApplied) return `${title}\n${green('repaired')}; what was done:`
  if (isNeeded)
    return `${title}\na repair is needed; it would do the following, and nothing is done yet:`
  if (unrepairable.length > 0) return `${title}\na repair would change nothing`
  return `${title}\n${green('nothing to repair')}`
}

function stepLines({ actions }: RepairReport): string {
  const steps = actions
    .slice(0, STEPS_SHOWN)
    .map((action, i) => `${String(i + 1).padStart(4)}. ${stepOf(action)}`)
  const more = actions.length - steps.length
  if (more > 0) steps.push(`      … and ${countOf(more, 'more step')}; --json has them all`)
  return steps.join('\n')
}

function stepOf(action: RepairAction): string {
  switch (action.kind) {
    case 'complete-repair':
      return 'complete  the repair that was interrupted'
    case 'keep-evidence': {
      const { segment, positionBytes, endPositionBytes, file } = action
      const range = `positions ${positionBytes} to ${endPositionBytes - 1}`
      const size = formatBytes(endPositionBytes - positionBytes)
      return `keep      ${segment}, ${range} (${size})\n                as ${file}`
    }
    case 'write-segment': {
      const { segment, fromOffset, toOffset, lengthBytes } = action
      if (fromOffset === toOffset)
        return `write     ${segment}, empty: the log goes on at offset ${fromOffset}`
      return `write     ${segment} with ${recordRange(fromOffset, toOffset)}, ${formatBytes(lengthBytes)}`
    }
    case 'set-aside':
      return `move      ${action.segment}\n                to ${action.file}, unchanged`
    case 'write-producers':
      return `write     ${action.segment} with what is still known of producers`
    case 'list-gap':
      return `give up   ${recordRange(action.fromOffset, action.toOffset)}; readers are told of the gap`
    case 'change-epoch':
      return `change    the epoch: ${action.reason}`
  }
}

function factLines(report: RepairReport, directory: string): string {
  const { actions, lostRecords, isApplied } = report
  const files = evidenceFiles(actions)
  const bytes = copiedBytes(actions)
  const facts: (readonly [string, string])[] = [
    ['lost for good', lostRecords === 0 ? 'no record' : countOf(lostRecords, 'record')],
    ['kept', 'every other record, at its offset'],
    ...(isApplied ? [] : [['disk space', `${formatBytes(bytes)} for the copies`] as const]),
    ...(files.length === 0
      ? []
      : [['evidence', `${countOf(files.length, 'file')} in ${directory}:`] as const]),
  ]
  const lines = facts.map(([name, value]) => `${name.padEnd(14)}  ${value}`)
  return [...lines, ...files.map((file) => `${' '.repeat(16)}${file}`)].join('\n')
}

/** The files in which a repair keeps what it takes out of the log. */
function evidenceFiles(actions: readonly RepairAction[]): readonly string[] {
  return actions.flatMap((action) => ('file' in action ? [action.file] : []))
}

function copiedBytes(actions: readonly RepairAction[]): number {
  return actions.reduce((sum, action) => {
    if (action.kind === 'write-segment') return sum + action.lengthBytes
    if (action.kind === 'keep-evidence') return sum + action.endPositionBytes - action.positionBytes
    return sum
  }, 0)
}

function unrepairableLines({ unrepairable }: RepairReport, { red }: Colors): readonly string[] {
  if (unrepairable.length === 0) return []
  const lines = unrepairable.map(
    ({ segment, message, code }) => `  ${segment}: ${message} (${code})`,
  )
  return [[red('a repair leaves as it is:'), ...lines].join('\n')]
}
