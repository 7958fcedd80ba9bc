/**
 * The rows that can be scrolled to: the last few thousand records and the notices between them.
 *
 * Rows are numbered from 0 in the order in which they came, and a row keeps its number while others
 * leave at the front, so a number is a safe name for "what the reader looks at". Kept as runs of a
 * batch's records, not as rows: appending ten thousand records is one step.
 *
 * Bounded twice, by rows and by the bytes of the batches they lie in; the newest run always stays.
 */

import type { KeptBatch } from './kept-batch.js'
import type { Notice } from './notice.js'

/** A row that is a record: the one at `index` of `batch`. */
export interface RecordRow {
  readonly kind: 'record'
  readonly number: number
  readonly batch: KeptBatch
  readonly index: number
}

/** A row that says something between records. */
export interface NoticeRow {
  readonly kind: 'notice'
  readonly number: number
  readonly notice: Notice
}

/** A row of the list. */
export type Row = RecordRow | NoticeRow

/** How much is kept. */
export interface RowBufferLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

/** Runs lie in the order of their rows, without holes between them. */
interface Run {
  startRow: number
  readonly endRow: number
  /** The size of its batch, in the newest of several runs of one batch; else 0. */
  bytes: number
  readonly content:
    | { readonly kind: 'records'; readonly batch: KeptBatch; readonly firstIndex: number }
    | { readonly kind: 'notice'; readonly notice: Notice }
  /** The row that `firstIndex` was, before rows left at the front. */
  readonly originRow: number
}

/** Runs that have left are removed from the array when there are this many, not one by one. */
const DEAD_RUNS_MAX = 1024

/** The rows kept. */
export class RowBuffer {
  readonly #limits: RowBufferLimits
  #runs: Run[] = []
  /** The index of the first run that still counts. */
  #head = 0
  #bytes = 0
  #endRow = 0

  constructor(limits: RowBufferLimits) {
    this.#limits = limits
  }

  /** The number of the oldest row kept; `endRow` when there is none. */
  get startRow(): number {
    return this.#runs[this.#head]?.startRow ?? this.#endRow
  }

  /** The number that the next row will have. */
  get endRow(): number {
    return this.#endRow
  }

  get rowCount(): number {
    return this.#endRow - this.startRow
  }

  /** Adds the records `[firstIndex, endIndex)` of `batch`; at least one. */
  appendRecords(batch: KeptBatch, firstIndex: number, endIndex: number): void {
    if (!(firstIndex < endIndex)) throw new RangeError(`no records in [${firstIndex}, ${endIndex})`)
    const last = this.#runs.at(-1)
    if (last?.content.kind === 'records' && last.content.batch === batch) {
      this.#bytes -= last.bytes
      last.bytes = 0
    }
    this.#append(endIndex - firstIndex, {
      bytes: batch.facts.sizeBytes,
      content: { kind: 'records', batch, firstIndex },
    })
  }

  /** Adds a notice. */
  appendNotice(notice: Notice): void {
    this.#append(1, { bytes: 0, content: { kind: 'notice', notice } })
  }

  /** The row of that number, or undefined when it has left or has not come. O(log n). */
  row(number: number): Row | undefined {
    if (!(number >= this.startRow && number < this.#endRow)) return undefined
    const run = this.#runs[this.#findRun(number)]
    if (run === undefined) return undefined
    if (run.content.kind === 'notice') {
      return { kind: 'notice', number, notice: run.content.notice }
    }
    const { batch, firstIndex } = run.content
    return { kind: 'record', number, batch, index: firstIndex + number - run.originRow }
  }

  /** The row of the record at `offset`, or undefined when it is not kept. */
  findOffset(offset: number): RecordRow | undefined {
    for (let at = this.#runs.length - 1; at >= this.#head; at--) {
      const run = this.#runs[at]
      if (run?.content.kind !== 'records') continue
      if (offset > run.content.batch.facts.lastOffset) return undefined
      if (offset < run.content.batch.facts.baseOffset) continue
      const found = this.#findOffsetInRun(run, offset)
      if (found !== undefined) return found
    }
    return undefined
  }

  #findOffsetInRun(run: Run, offset: number): RecordRow | undefined {
    let low = run.startRow
    let high = run.endRow - 1
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const row = this.row(middle)
      if (row?.kind !== 'record') return undefined
      const found = row.batch.offset(row.index)
      if (found === offset) return row
      if (found < offset) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  #append(rowCount: number, run: Pick<Run, 'bytes' | 'content'>): void {
    const startRow = this.#endRow
    this.#endRow += rowCount
    this.#bytes += run.bytes
    this.#runs.push({ ...run, startRow, originRow: startRow, endRow: this.#endRow })
    this.#trim()
  }

  /** Lets rows go at the front until both limits hold; by bytes only whole runs go. */
  #trim(): void {
    while (this.#head < this.#runs.length - 1 && this.#bytes > this.#limits.bytesMax)
      this.#dropRun()
    const startRowMin = this.#endRow - this.#limits.rowsMax
    for (let run = this.#runs[this.#head]; run !== undefined; run = this.#runs[this.#head]) {
      if (run.endRow > startRowMin) {
        run.startRow = Math.max(run.startRow, startRowMin)
        break
      }
      this.#dropRun()
    }
    if (this.#head > DEAD_RUNS_MAX) {
      this.#runs = this.#runs.slice(this.#head)
      this.#head = 0
    }
  }

  #dropRun(): void {
    this.#bytes -= this.#runs[this.#head]?.bytes ?? 0
    this.#head++
  }

  #findRun(number: number): number {
    let low = this.#head
    let high = this.#runs.length - 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#runs[middle]?.endRow ?? 0) <= number) low = middle + 1
      else high = middle
    }
    return low
  }
}
