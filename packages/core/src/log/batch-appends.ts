/**
 * Batches onto the end of a log: what they are given there, and what is refused.
 *
 * Exists apart from the log, which says what follows from an append. Synchronous: the end of the log moves
 * once a batch is written, and no two appends interleave.
 */
import { BatchView } from '@tailrace/format'
import type { ProducerTable } from '../producers/producer-table.js'
import type { PlacedBatch } from '../segments/batch-write.js'
import { duplicateResult } from './log-description.js'
import { expectedOffsetMismatch, wrongBatchLength } from './log-errors.js'
import type { AppendOptions, AppendResult } from './log-types.js'
import type { SegmentWriter } from './segment-writer.js'

/** What appends need of their log. */
export interface BatchAppendsOptions {
  readonly writer: SegmentWriter
  readonly producers: ProducerTable
  readonly name: string
  readonly epoch: () => number
  readonly nowUs: () => number
  /** Of the last batch; 0 while there is none. */
  readonly lastAppendTimeUs: number
  /** Something was appended. */
  readonly onAppended: () => void
}

/** Appends batches to one log. */
export class BatchAppends {
  readonly #options: BatchAppendsOptions
  #lastAppendTimeUs: number

  constructor(options: BatchAppendsOptions) {
    this.#options = options
    this.#lastAppendTimeUs = options.lastAppendTimeUs
  }

  /** Of the last batch, in µs since 1970; 0 while there is none. */
  get lastAppendTimeUs(): number {
    return this.#lastAppendTimeUs
  }

  /** Appends one batch, of a producer or of none. @throws as `Log.appendBatch`. */
  append(batch: Uint8Array, { expectedOffset }: AppendOptions): AppendResult {
    const { writer, producers, name } = this.#options
    // Not kept: it would hold on to the message that the batch came in.
    const view = new BatchView(batch)
    if (view.batchLength !== batch.length) throw wrongBatchLength(view.batchLength, batch.length)
    const { producerId, recordCount } = view
    if (producerId !== 0) {
      const duplicate = producers.duplicateOffset(view)
      if (duplicate !== undefined) return duplicateResult(duplicate, recordCount)
    }
    const baseOffset = writer.endOffset
    if (expectedOffset !== undefined && expectedOffset !== baseOffset) {
      throw expectedOffsetMismatch(name, expectedOffset, baseOffset)
    }
    const endOffset = this.#write([batch], [recordCount])
    if (producerId !== 0) producers.note(view, baseOffset)
    this.#options.onAppended()
    return { baseOffset, endOffset, isDuplicate: false }
  }

  /**
   * Appends batches of no producer in one go: all of them or none. Returns the offset of the first record.
   *
   * @throws as `Log.appendBatch`.
   */
  appendAll(batches: readonly Uint8Array[]): number {
    const baseOffset = this.#options.writer.endOffset
    this.#write(
      batches,
      batches.map((batch) => new BatchView(batch).recordCount),
    )
    this.#options.onAppended()
    return baseOffset
  }

  #write(batches: readonly Uint8Array[], recordCounts: readonly number[]): number {
    const { writer, epoch, nowUs } = this.#options
    const appendTimeUs = Math.max(this.#lastAppendTimeUs, nowUs())
    let endOffset = writer.endOffset
    const placed = batches.map((batch, at): PlacedBatch => {
      const baseOffset = endOffset
      endOffset += recordCounts[at] ?? 0
      return { batch, baseOffset, nextOffset: endOffset, appendTimeUs, epoch: epoch() }
    })
    if (endOffset > Number.MAX_SAFE_INTEGER) throw new Error('a stream ends at offset 2^53 − 1')
    writer.append(placed)
    this.#lastAppendTimeUs = appendTimeUs
    return endOffset
  }
}
