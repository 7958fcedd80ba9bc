/**
 * A segment as people look at it: header, then a line for each batch.
 */

import { type SegmentInspection } from '@tailrace/core'
import { formatBytes, type BatchView } from '@tailrace/format'
import pc from 'picocolors'

import { readBytes, readHeaders, readValue, type ValueCodec } from '../deliver/readable-value.js'
import { recordRange } from '../text/record-range.js'
import { visible } from '../text/visible.js'
import { countOf, formatTimestamp } from '../text/numbers.js'
import { type LocatedDefect, type SegmentReport, type SegmentTotals } from './segment-report.js'

/** Columns of a line: title and width; the last one has no end. */
const COLUMNS = [
  ['POSITION', 10],
  ['BYTES', 9],
  ['OFFSET', 10],
  ['RECORDS', 8],
  ['APPENDED', 27],
  ['CREATED', 27],
  ['PRODUCER/EPOCH/SEQUENCE', 0],
] as const

/** How records are shown. */
export interface TextReportOptions {
  readonly isColored: boolean
  readonly codec: ValueCodec
}

/** Below the column OFFSET, so that records stand out from their batch. */
const OFFSET_COLUMNS = 33

/** Writes lines for people. */
export class TextReport implements SegmentReport {
  readonly #colors: ReturnType<typeof pc.createColors>
  readonly #codec: ValueCodec

  constructor({ isColored, codec }: TextReportOptions) {
    this.#colors = pc.createColors(isColored)
    this.#codec = codec
  }

  segment({ path, sizeBytes, header, recoveryPoint }: SegmentInspection): string {
    const { bold } = this.#colors
    const point =
      recoveryPoint === undefined
        ? 'none'
        : `durable below offset ${recoveryPoint.durableOffset}, position ${recoveryPoint.durablePosition} (generation ${recoveryPoint.generation}, epoch ${recoveryPoint.epoch})`
    return [
      bold(`${path}  ${formatBytes(sizeBytes)}`),
      `  stream id       ${header.streamId}`,
      `  epoch           ${header.epoch}`,
      `  base offset     ${header.baseOffset}`,
      `  created         ${formatTimestamp(header.createdUs)}`,
      `  recovery point  ${point}`,
      bold(cells(COLUMNS.map(([title]) => title))),
    ].join('\n')
  }

  batch(position: number, batch: BatchView): string {
    const { producerId, producerEpoch, baseSequence } = batch
    const producer = producerId === 0 ? '-' : `${producerId}/${producerEpoch}/${baseSequence}`
    return cells([
      String(position),
      String(batch.batchLength),
      String(batch.baseOffset),
      String(batch.recordCount),
      formatTimestamp(batch.appendTimeUs),
      formatTimestamp(batch.createTimeUs),
      batch.isControl ? `${producer} (control)` : producer,
    ])
  }

  record(batch: BatchView, index: number): string {
    const { cyan, dim, yellow, magenta } = this.#colors
    const offset = cyan(String(batch.offset(index)).padStart(OFFSET_COLUMNS))
    const time = dim(formatTimestamp(batch.timeUs(index)))
    const key = batch.key(index)
    const headers = batch.headers(index)
    const { encoding, text } = readValue(batch.value(index), this.#codec)
    return [
      offset,
      time,
      ...(key === undefined ? [] : [yellow(visible(readBytes(key)))]),
      ...(headers === undefined ? [] : [magenta(visible(JSON.stringify(readHeaders(headers))))]),
      encoding === 'base64' ? dim(`base64:${text}`) : visible(text),
    ].join('  ')
  }

  defect(found: LocatedDefect, isTornTail: boolean): string {
    const { red } = this.#colors
    const { position, defect, resumesAt } = found
    const after =
      resumesAt === undefined
        ? 'no valid batch follows'
        : `the next valid batch is at position ${resumesAt}`
    const hint = isTornTail ? ': a torn tail, which opening the stream cuts off' : ''
    const line = `${red(String(position).padStart(10))}  ${red(defect.code)}: ${defect.message}; ${after}${hint}`
    const lost = lostText(found)
    return lost === undefined ? line : `${line}\n${' '.repeat(12)}${red(lost)}`
  }

  end({ batchCount, recordCount, defectCount, endPosition }: SegmentTotals): string {
    const { red } = this.#colors
    const sums = `${countOf(batchCount, 'batch', 'batches')}, ${countOf(recordCount, 'record')}`
    const verdict =
      defectCount === 0 ? 'all checks ok' : red(`${countOf(defectCount, 'defect')} found`)
    return `  ${sums}, data ends at position ${endPosition}: ${verdict}\n`
  }
}

/** A torn tail, too, may have held records; nobody knows how many. */
function lostText({ fromOffset, toOffset }: LocatedDefect): string | undefined {
  if (toOffset === undefined) return `records from offset ${fromOffset} on cannot be read here`
  return toOffset > fromOffset ? `${recordRange(fromOffset, toOffset)} cannot be read` : undefined
}

function cells(values: readonly string[]): string {
  return values
    .map((value, i) => {
      const width = COLUMNS[i]?.[1] ?? 0
      // Numbers to the right, so that their digits stand below each other.
      return i < 4 ? value.padStart(width) : value.padEnd(width)
    })
    .join('  ')
    .trimEnd()
}
