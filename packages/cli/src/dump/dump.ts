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
import { type ValueCodec } from '../deliver/readable-value.js'
import { findSegments } from './find-segments.js'
import { JsonReport } from './json-report.js'
import { offsetText, overlaps, parseOffsetRange, type OffsetRange } from './offset-range.js'
import {
  type FoundInSegment,
  type InspectedDefect,
  type SegmentReport,
  type SegmentTotals,
} from './segment-report.js'
import { TextReport } from './text-report.js'

/** The arguments of `tailrace dump`. */
export interface DumpArguments {
  /** A segment file, or the directory of a stream. */
  readonly target: string
  /** Whether to show every record too. */
  readonly records: boolean
  /** An offset. */
  readonly from: string | undefined
  /** An offset, or `+COUNT`. */
  readonly to: string | undefined
  readonly codec: ValueCodec
  readonly json: boolean
}

/** Reports; ends with `corrupt` when something is damaged. */
export function dump(args: DumpArguments): Run {
  return async (context) => {
    const { output } = context
    const { target, codec } = args
    const range = parseOffsetRange(args.from, args.to)
    const isColored = output.isTerminal && pc.isColorSupported
    const report = args.json ? new JsonReport(codec) : new TextReport({ isColored, codec })
    let recordCount = 0
    let defectCount = 0
    for (const file of await findSegments(target, range)) {
      const options = { file, report, range, records: args.records }
      const totals = await dumpSegment(options, context)
      recordCount += totals.recordCount
      defectCount += totals.defectCount
    }
    if (defectCount > 0) {
      throw new CommandError('DAMAGED', `${countOf(defectCount, 'defect')} found in ${target}`)
    }
    const isAsked = args.from !== undefined || args.to !== undefined
    if (isAsked && recordCount === 0) {
      throw new CommandError('NO_RECORDS', `${target} has no records at ${offsetText(range)}`)
    }
    return 'ok'
  }
}

interface SegmentDump {
  readonly file: string
  readonly report: SegmentReport
  readonly range: OffsetRange
  readonly records: boolean
}

/** Reports on one file; returns what was shown of it. */
async function dumpSegment(
  { file, report, range, records }: SegmentDump,
  { output, notices }: Context,
): Promise<Pick<SegmentTotals, 'recordCount' | 'defectCount'>> {
  const inspection = await inspectOrExplain(file)
  if (inspection instanceof FormatError) {
    notices.fail(`${file}: ${inspection.message} (${inspection.code})`)
    return { recordCount: 0, defectCount: 1 }
  }
  const lines = new LineWriter(output)
  await lines.write(report.segment(inspection))
  const totals = { batchCount: 0, recordCount: 0, defectCount: 0, endPosition: 0 }
  for (const found of withLostOffsets(inspection)) {
    totals.endPosition = found.position
    if (found.batch === undefined) {
      if (!overlaps(range, found.fromOffset, found.toOffset)) continue
      totals.defectCount += 1
      await lines.write(report.defect(found, isTornTail(inspection, found)))
      continue
    }
    const { position, batch } = found
    totals.endPosition += batch.batchLength
    const first = batch.indexOfOffset(range.start)
    const end = range.end === Infinity ? batch.recordCount : batch.indexOfOffset(range.end)
    if (first >= end) continue
    totals.batchCount += 1
    totals.recordCount += end - first
    await lines.write(report.batch(position, batch))
    if (!records) continue
    for (let i = first; i < end; i++) await lines.write(report.record(batch, i))
  }
  await lines.write(report.end(totals))
  await lines.end()
  return totals
}

/** The batches and defects; of a defect also which records should have been there. */
function* withLostOffsets({ batches, header }: SegmentInspection): Generator<FoundInSegment> {
  let nextOffset = header.baseOffset
  let defect: InspectedDefect | undefined
  for (const found of batches) {
    if (found.batch === undefined) {
      defect = found
      continue
    }
    const { batch } = found
    if (defect !== undefined) {
      yield { ...defect, fromOffset: nextOffset, toOffset: batch.baseOffset }
    }
    defect = undefined
    // Asked for now: whoever takes the batch may go on before it is looked at again.
    nextOffset = batch.nextOffset
    yield found
  }
  if (defect !== undefined) yield { ...defect, fromOffset: nextOffset, toOffset: undefined }
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
