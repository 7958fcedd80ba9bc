/**
 * Takes received runs of batches apart, and trusts nothing.
 *
 * Of each batch both checksums are verified before a byte of it is handed out, and that it begins
 * where the one before ended. Only the first batch after a start (or a gap) may begin earlier: its
 * records before the start are skipped. Records at and behind the stop are cut off.
 */

import { BatchView, FormatError, inspectBatch, ProtocolError } from '@tailrace/format'

import type { BatchSlice } from './record-batch.js'
import type { Gap } from './subscribe-options.js'

const NO_BYTES = new Uint8Array(0)

/** Reads one run after another, in the order of their offsets. */
export class RunReader {
  readonly #stream: string
  #bytes: Uint8Array = NO_BYTES
  #position = 0
  #nextOffset = 0
  #mayBeginEarlier = true
  #stopOffset = Infinity

  constructor(stream: string) {
    this.#stream = stream
  }

  /** The offset of the first record not read yet. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Whether the run has been read to its end. */
  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.byteLength
  }

  /** Whether everything before the stop has been read. */
  get isAtStop(): boolean {
    return this.#nextOffset >= this.#stopOffset
  }

  /** Sets the first offset that is not to be delivered. */
  stopAt(offset: number): void {
    this.#stopOffset = offset
  }

  /** The next record is the one at `offset`; the batch that holds it may begin earlier. */
  startAt(offset: number): void {
    this.#nextOffset = offset
    this.#mayBeginEarlier = true
  }

  /**
   * Goes on behind a gap; returns it as it concerns this subscription.
   *
   * @throws {ProtocolError} MALFORMED_FRAME when it does not begin where the next record was due.
   */
  skip(gap: Gap): Gap {
    const from = this.#nextOffset
    if (gap.from > from || gap.to <= from) {
      throw this.#outOfOrder(`a gap from ${gap.from} to ${gap.to}`, gap.from)
    }
    this.startAt(gap.to)
    return { ...gap, from }
  }

  /** Goes on with another run. */
  load(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#position = 0
  }

  /**
   * Reads the next batch of the run. What is left of it may be empty: a batch of the log's own, or one
   * whose records were compacted away.
   *
   * @throws {FormatError} the batch is damaged; the reader then stays where it is.
   * @throws {ProtocolError} MALFORMED_FRAME when the batch does not continue the one before.
   */
  next(): BatchSlice {
    const bytes = this.#bytes
    this.#verify()
    const view = new BatchView(bytes, this.#position)
    this.#checkContinuity(view)
    const firstIndex = view.indexOfOffset(this.#nextOffset)
    const stopIndex = view.isControl ? 0 : view.indexOfOffset(this.#stopOffset)
    this.#position += view.batchLength
    this.#nextOffset = Math.min(view.nextOffset, this.#stopOffset)
    this.#mayBeginEarlier = false
    const endIndex = Math.max(firstIndex, stopIndex)
    return { view, bytes, firstIndex, endIndex, nextOffset: this.#nextOffset }
  }

  /**
   * The offset behind what is left of the run, so that a new channel can go on there. What is damaged
   * does not count, nor what follows it: it is dropped, to be delivered again.
   */
  keepWhole(): number {
    const rest = this.#bytes.subarray(this.#position)
    const { offset, wholeBytes } = measureRun(rest, this.#nextOffset)
    this.#bytes = this.#bytes.subarray(0, this.#position + wholeBytes)
    return offset
  }

  #verify(): void {
    const limit = this.#bytes.byteLength
    const defect = inspectBatch(this.#bytes, this.#position, limit, 'whole')
    if (defect === undefined) return
    const stream = this.#stream
    const offset = this.#nextOffset
    throw new FormatError(
      defect.code,
      `${defect.message} (stream "${stream}", record at offset ${offset} was due)`,
      { details: { ...defect.details, stream, offset } },
    )
  }

  #checkContinuity(view: BatchView): void {
    const { baseOffset, nextOffset } = view
    const expected = this.#nextOffset
    if (baseOffset === expected) return
    if (this.#mayBeginEarlier && baseOffset < expected && expected < nextOffset) return
    throw this.#outOfOrder(`a batch from ${baseOffset} to ${nextOffset}`, baseOffset)
  }

  #outOfOrder(what: string, offset: number): ProtocolError {
    const stream = this.#stream
    const expectedOffset = this.#nextOffset
    return new ProtocolError(
      'MALFORMED_FRAME',
      `${what} was delivered, offset ${expectedOffset} was due (stream "${stream}")`,
      { details: { stream, offset, expectedOffset } },
    )
  }
}

/**
 * Says how far a run is what it should be, by the headers of its batches: the offset behind the last
 * good one (`startOffset` if there is none), and its end in the run.
 */
export function measureRun(
  bytes: Uint8Array,
  startOffset: number,
): { readonly offset: number; readonly wholeBytes: number } {
  let offset = startOffset
  let wholeBytes = 0
  while (wholeBytes < bytes.byteLength) {
    if (inspectBatch(bytes, wholeBytes, bytes.byteLength, 'header') !== undefined) break
    const view = new BatchView(bytes, wholeBytes)
    offset = view.nextOffset
    wholeBytes += view.batchLength
  }
  return { offset, wholeBytes }
}
