/**
 * Walks a segment from its first batch to the end of its data, past whatever is damaged.
 *
 * Where something is wrong, what is known to have been durable decides: before it the walk looks for the
 * place where the log goes on and notes a fault; behind it the data ends, and what follows is a torn
 * tail. The result is the dense runs of batches and the faults between them; what becomes of either is
 * for verify and repair to say.
 */
import {
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MAX,
  BatchView,
  END_MARKER_BYTES,
  inspectBatch,
  SEGMENT_HEADER_BYTES,
} from '@tailrace/format'
import type { BatchDefect } from '@tailrace/format'
import { endOfNonZero } from '../log/torn-tail.js'
import { continuationBehind, firstBatchIn } from '../segments/resync.js'
import type { BatchBounds, Continuation } from '../segments/resync.js'
import { WINDOW_BYTES } from './byte-window.js'
import type { ByteWindow } from './byte-window.js'
import type { Fault } from './fault.js'

/** What is known to have been durable in a segment. */
export type DurableExtent =
  /** All of it, up to this offset: it is sealed, and a later one was synced after it. */
  | { readonly kind: 'all'; readonly offset: number }
  /** What its recovery point says. */
  | { readonly kind: 'point'; readonly offset: number; readonly position: number }
  /** Nothing is known, but its header was damaged: so may what follows it. */
  | { readonly kind: 'beginning' }
  | { readonly kind: 'none' }

/** Batches that follow one another without a hole. */
export interface DenseRun {
  readonly start: number
  readonly baseOffset: number
  /** Of the first batch. */
  readonly epoch: number
  readonly firstAppendTimeUs: number
  end: number
  endOffset: number
  lastAppendTimeUs: number
  batchCount: number
  recordCount: number
}

/** What a walk found. */
export interface SegmentScan {
  /** In order, each with at least one batch. */
  readonly runs: readonly DenseRun[]
  /** Damage, in order. Between two runs lies at least one. */
  readonly faults: readonly Fault[]
  /** What breaks a rule though its bytes are whole: nothing to be cut out. */
  readonly oddities: readonly Fault[]
  /** Where the data ends. */
  readonly endPosition: number
  readonly endOffset: number
  /** Why it ends there; undefined at a commit word of zero. */
  readonly endDefect: BatchDefect | undefined
  /** The position behind the last byte that is not zero; `endPosition` when all behind it are. */
  readonly nonZeroEnd: number
}

/** What to walk. */
export interface SegmentScanTask {
  readonly window: ByteWindow
  /** The offset the first batch must have. */
  readonly baseOffset: number
  readonly durable: DurableExtent
  /** No batch of the stream has a higher one. */
  readonly epochMax: number
  /** Of the last batch of the segment before, in microseconds. */
  readonly lastAppendTimeUs: number
  /** Sees each valid batch in order; the view is reused. */
  readonly onBatch: (batch: BatchView, position: number) => void
}

/** Walks the segment. @throws {StorageError} IO_ERROR. */
export async function scanSegment(task: SegmentScanTask): Promise<SegmentScan> {
  return new SegmentScanner(task).scan()
}

class SegmentScanner {
  readonly #task: SegmentScanTask
  readonly #runs: DenseRun[] = []
  readonly #faults: Fault[] = []
  readonly #oddities: Fault[] = []
  #batch: BatchView | undefined
  #position = SEGMENT_HEADER_BYTES
  #nextOffset: number
  #lastAppendTimeUs: number

  constructor(task: SegmentScanTask) {
    this.#task = task
    this.#nextOffset = task.baseOffset
    this.#lastAppendTimeUs = task.lastAppendTimeUs
  }

  async scan(): Promise<SegmentScan> {
    let endDefect: BatchDefect | undefined
    for (;;) {
      const found = this.#look()
      if (typeof found === 'number') {
        await this.#task.window.hold(this.#position, found)
      } else if (found instanceof BatchView) {
        this.#take(found)
      } else {
        endDefect = found
        if (!this.#isDurableHere() || !(await this.#passDamage(found))) break
      }
    }
    const nonZeroEnd = await this.#endOfNonZero()
    if (this.#task.durable.kind === 'all')
      this.#judgeSealedEnd(this.#task.durable.offset, nonZeroEnd)
    return {
      runs: this.#runs,
      faults: this.#faults,
      oddities: this.#oddities,
      endPosition: this.#position,
      endOffset: this.#nextOffset,
      endDefect,
      nonZeroEnd,
    }
  }

  /**
   * The batch that is next; otherwise what is wrong, undefined at the end of the data. A number says how
   * many bytes have to be at hand first: the loop over batches waits only for the disk.
   */
  #look(): BatchView | BatchDefect | number | undefined {
    const { window } = this.#task
    const position = this.#position
    if (!window.holds(position, BATCH_HEADER_BYTES)) return BATCH_HEADER_BYTES
    const { bytes } = window
    const at = window.at(position)
    if (at + BATCH_HEADER_BYTES > bytes.length) return undefined
    const length = commitWord(bytes, at)
    if (length === 0) return undefined
    if (length <= BATCH_LENGTH_MAX && !window.holds(position, length)) return length
    const defect = inspectBatch(bytes, at, bytes.length, 'whole')
    if (defect !== undefined) return placedAt(defect, position)
    this.#batch = this.#batch?.wrap(bytes, at) ?? new BatchView(bytes, at)
    const { baseOffset } = this.#batch
    return baseOffset === this.#nextOffset
      ? this.#batch
      : wrongOffset(position, { expected: this.#nextOffset, actual: baseOffset })
  }

  #take(batch: BatchView): void {
    const { baseOffset, nextOffset, batchLength, appendTimeUs, recordCount, epoch } = batch
    const position = this.#position
    const end = position + batchLength
    if (appendTimeUs < this.#lastAppendTimeUs) this.#noteOlder(batch)
    this.#lastAppendTimeUs = appendTimeUs
    const last = this.#runs.at(-1)
    if (last?.end === position && last.endOffset === baseOffset) {
      last.end = end
      last.endOffset = nextOffset
      last.lastAppendTimeUs = appendTimeUs
      last.batchCount += 1
      last.recordCount += recordCount
    } else {
      const times = { firstAppendTimeUs: appendTimeUs, lastAppendTimeUs: appendTimeUs }
      const offsets = { baseOffset, endOffset: nextOffset }
      this.#runs.push({
        start: position,
        end,
        ...offsets,
        ...times,
        epoch,
        batchCount: 1,
        recordCount,
      })
    }
    this.#task.onBatch(batch, position)
    this.#position = end
    this.#nextOffset = nextOffset
  }

  /** True while everything up to at least the next batch was durable once. */
  #isDurableHere(): boolean {
    const { durable } = this.#task
    switch (durable.kind) {
      case 'all':
        return this.#nextOffset < durable.offset
      case 'point':
        return this.#position < durable.position
      case 'beginning':
        return this.#position === SEGMENT_HEADER_BYTES
      case 'none':
        return false
    }
  }

  /** Goes to where the log goes on and notes the fault; false when nothing more is to be found. */
  async #passDamage(defect: BatchDefect | undefined): Promise<boolean> {
    const { durable } = this.#task
    const isKnown = durable.kind === 'all' || durable.kind === 'point'
    const goesOn = await this.#findContinuation({
      offsetMin: this.#nextOffset,
      offsetEnd: isKnown ? durable.offset : Number.MAX_SAFE_INTEGER,
      appendTimeUsMin: this.#lastAppendTimeUs,
      epochMax: this.#task.epochMax,
    })
    if (goesOn !== undefined) {
      this.#noteDamage(goesOn, defect)
      return true
    }
    if (!isKnown) return false
    const isToPoint = durable.kind === 'point'
    if (!isToPoint && defect === undefined && this.#isCutHere()) return false
    const position = isToPoint ? durable.position : await this.#endOfNonZero()
    this.#noteDamage({ position, offset: Math.max(durable.offset, this.#nextOffset) }, defect)
    return isToPoint
  }

  /** True when the file ends as a sealed one does: what is missing was never in it. */
  #isCutHere(): boolean {
    return this.#task.window.sizeBytes === this.#position + END_MARKER_BYTES
  }

  async #findContinuation(bounds: BatchBounds): Promise<Continuation | undefined> {
    const { window, durable } = this.#task
    const start = this.#position
    const end = durable.kind === 'point' ? durable.position : Infinity
    const limit = (): number => Math.min(window.bytes.length, window.at(end))
    await window.hold(start, 2 * BATCH_LENGTH_MAX)
    const damaged = { bytes: window.bytes, damagedAt: window.at(start), limit: limit() }
    const near = continuationBehind(damaged, bounds)
    if (near !== undefined) return { ...near, position: window.positionOf(near.position) }
    const last = Math.min(end, window.sizeBytes)
    for (let from = start + BATCH_LENGTH_MAX; from < last; from += BATCH_LENGTH_MAX) {
      await window.hold(from, 2 * BATCH_LENGTH_MAX)
      const bytes = window.bytes.subarray(0, limit())
      const range = { start: window.at(from), end: window.at(from) + BATCH_LENGTH_MAX }
      const far = firstBatchIn(bytes, range, bounds)
      if (far !== undefined) return { ...far, position: window.positionOf(far.position) }
    }
    return undefined
  }

  #noteDamage(goesOn: Continuation, defect: BatchDefect | undefined): void {
    const { sizeBytes } = this.#task.window
    const start = this.#position
    // The batch there is whole and follows later offsets: what is missing has left no bytes.
    const isHole = goesOn.position === start && defect !== undefined
    this.#faults.push({
      start,
      end: Math.max(start, Math.min(goesOn.position, sizeBytes)),
      fromOffset: this.#nextOffset,
      toOffset: goesOn.offset,
      code: isHole ? 'OFFSET_GAP' : (defect?.code ?? 'TRUNCATED'),
      message: defect?.message ?? endsEarly(start, { at: this.#nextOffset, until: goesOn.offset }),
    })
    this.#position = goesOn.position
    this.#nextOffset = goesOn.offset
  }

  #noteOlder({ baseOffset, nextOffset, appendTimeUs, batchLength }: BatchView): void {
    this.#oddities.push({
      start: this.#position,
      end: this.#position + batchLength,
      fromOffset: baseOffset,
      toOffset: nextOffset,
      code: 'TIME_DECREASES',
      message: `batch at position ${this.#position} has append time ${appendTimeUs} µs, the one before has ${this.#lastAppendTimeUs} µs`,
    })
  }

  /** What a sealed segment owes whoever reads it: an end where the next one begins, and zeros behind. */
  #judgeSealedEnd(offset: number, nonZeroEnd: number): void {
    const start = this.#position
    const { sizeBytes } = this.#task.window
    const offsets = { fromOffset: this.#nextOffset, toOffset: this.#nextOffset }
    if (this.#nextOffset > offset) {
      const message = `the batches end at offset ${this.#nextOffset}, the next segment begins at ${offset}`
      const overlap = { fromOffset: offset, toOffset: this.#nextOffset }
      this.#oddities.push({ start, end: start, ...overlap, code: 'OFFSET_OVERLAP', message })
    } else if (nonZeroEnd > start) {
      const message = `${nonZeroEnd - start} bytes behind the end of the data at position ${start} are not all zero`
      this.#faults.push({ start, end: nonZeroEnd, ...offsets, code: 'INVALID_FIELD', message })
    } else if (sizeBytes < start + END_MARKER_BYTES && this.#faults.at(-1)?.end !== start) {
      const message = `the end marker has ${sizeBytes - start} of ${END_MARKER_BYTES} bytes`
      this.#faults.push({ start, end: start, ...offsets, code: 'TRUNCATED', message })
    }
  }

  /** From the end, so that data is not read twice. */
  async #endOfNonZero(): Promise<number> {
    const { window } = this.#task
    let end = window.sizeBytes
    while (end > this.#position) {
      const start = Math.max(this.#position, end - WINDOW_BYTES)
      await window.hold(start, end - start)
      const part = window.bytes.subarray(window.at(start), window.at(end))
      const nonZero = endOfNonZero(part, 0)
      if (nonZero > 0) return start + nonZero
      end = start
    }
    return this.#position
  }
}

function commitWord(bytes: Uint8Array, position: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(position + BATCH_LENGTH_AT, true)
}

/** The defect with its place in the file: the inspector knows only the window. */
function placedAt(defect: BatchDefect, position: number): BatchDefect {
  const { code, message, details } = defect
  const placed = message.replace(`position ${details.positionBytes}`, `position ${position}`)
  return { code, message: placed, details: { ...details, positionBytes: position } }
}

function wrongOffset(
  positionBytes: number,
  offset: { readonly expected: number; readonly actual: number },
): BatchDefect {
  const { expected, actual } = offset
  const message = `batch at position ${positionBytes} has base offset ${actual}, expected ${expected}`
  const details = { positionBytes, expectedOffset: expected, actualOffset: actual }
  return { code: 'INVALID_FIELD', message, details }
}

function endsEarly(
  position: number,
  offset: { readonly at: number; readonly until: number },
): string {
  return `the data ends at position ${position} with offset ${offset.at}, records up to ${offset.until} were durable`
}
