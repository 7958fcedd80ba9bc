/**
 * `tailrace dump`: an offline look at segment files.
 *
 * Needs no server and takes no lock: it reads files as they are, also those of a stream that is being
 * written. Every defect is reported where it is, and the next valid batch is looked for behind it.
 */

import { inspectSegmentFile, type SegmentInspection } from '@tailrace/core'
import { FormatError, parseSegmentFileName } from '@tailrace/format'
import path from 'node:path'
import pc from 'picocolors'

import { CommandError } from '../command-error.js'
import { type Context, type Run } from '../context.js'
import { type Output } from '../io/output.js'
import { countOf } from '../text/numbers.js'
import { findSegments } from './find-segments.js'
import { JsonReport } from './json-report.js'
import { type InspectedDefect, type SegmentReport } from './segment-report.js'
import { TextReport } from './text-report.js'

/** The arguments of `tailrace dump`. */
export interface DumpArguments {
  /** A segment file, or the directory of a stream. */
  readonly target: string
  /** Whether to show every record too. */
  readonly records: boolean
  readonly json: boolean
}

/** Reports; ends with `corrupt` when something is damaged. */
export function dump(args: DumpArguments): Run {
  return async (context) => {
    const { output } = context
    const isColored = output.isTerminal && pc.isColorSupported
    const report = args.json ? new JsonReport() : new TextReport({ isColored })
    let defectCount = 0
    for (const file of await findSegments(args.target)) {
      defectCount += await dumpSegment({ file, report, records: args.records }, context)
    }
    if (defectCount === 0) return 'ok'
    throw new CommandError('DAMAGED', `${countOf(defectCount, 'defect')} found in ${args.target}`)
  }
}

interface SegmentDump {
  readonly file: string
  readonly report: SegmentReport
  readonly records: boolean
}

/** Reports on one file; returns how many defects it has. */
async function dumpSegment(options: SegmentDump, { output, notices }: Context): Promise<number> {
  const { file, report } = options
  const inspection = await inspectOrExplain(file)
  if (inspection instanceof FormatError) {
    notices.fail(`${file}: ${inspection.message} (${inspection.code})`)
    return 1
  }
  const lines = new LineWriter(output)
  await lines.write(report.segment(inspection))
  const totals = { batchCount: 0, recordCount: 0, defectCount: 0, endPosition: 0 }
  for (const found of inspection.batches) {
    totals.endPosition = found.position
    if (found.batch === undefined) {
      totals.defectCount += 1
      await lines.write(report.defect(found, isTornTail(inspection, found)))
      continue
    }
    const { position, batch } = found
    totals.batchCount += 1
    totals.recordCount += batch.recordCount
    totals.endPosition += batch.batchLength
    await lines.write(report.batch(position, batch))
    if (!options.records) continue
    for (let i = 0; i < batch.recordCount; i++) await lines.write(report.record(batch, i))
  }
  await lines.write(report.end(totals))
  await lines.end()
  return totals.defectCount
}

/** Opens the file; a segment whose header is damaged is told from a file that never was one. */
async function inspectOrExplain(file: string): Promise<SegmentInspection | FormatError> {
  try {
    return await inspectSegmentFile(file)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    if (parseSegmentFileName(path.basename(file)) !== undefined) return error
    const message = `${file} is not a segment file: ${error.message}`
    throw new CommandError('NOT_A_SEGMENT', message, { cause: error })
  }
}

/** Whether a crash of the writer explains the defect: nothing valid follows, nothing was durable. */
function isTornTail({ recoveryPoint }: SegmentInspection, found: InspectedDefect): boolean {
  if (found.resumesAt !== undefined) return false
  return found.position >= (recoveryPoint?.durablePosition ?? 0)
}

/** Collects lines, so that a segment with many batches is not as many writes. */
class LineWriter {
  readonly #output: Output
  #lines: string[] = []

  constructor(output: Output) {
    this.#output = output
  }

  async write(line: string): Promise<void> {
    this.#lines.push(line)
    if (this.#lines.length >= LINES_PER_WRITE) await this.end()
  }

  async end(): Promise<void> {
    const lines = this.#lines
    this.#lines = []
    if (lines.length > 0) await this.#output.line(lines.join('\n'))
  }
}

const LINES_PER_WRITE = 500
