/**
 * Reads a stream into the rows, no faster than they are wanted.
 *
 * ```
 *   opening ──▶ reading ──▶ ended (the stream was deleted, or an error that reading again cannot mend)
 * ```
 *
 * While the view follows the end, every batch is taken as it comes, and the rows keep the last few
 * thousand. While a reader looks at older rows, only as much is taken as lies a little ahead of what
 * is in view; when paused, nothing. What is not taken is not asked for: the client grants the server
 * no further credit, so a reader who thinks costs the server and the wire nothing, and no queue grows
 * anywhere.
 *
 * Reconnecting is the client's own affair; here it shows only as silence.
 */

import type { SubscribeOptions, SubscribePosition } from '@tailrace/client'

import type { StartPosition } from '../route/start-position.js'
import { DeliveredBatch, type BatchPart } from './delivered-batch.js'
import type { MissingReason } from './notice.js'
import { RateMeter } from './rate-meter.js'
import { RowBuffer, type RowBufferLimits } from './row-buffer.js'
import { SeenCounters } from './seen-counters.js'

/** What is read from; the client's `Stream` is one. */
export interface TailSource {
  subscribe(options: SubscribeOptions): TailSubscription
}

/** A subscription, as far as it is used. */
interface TailSubscription {
  opened(): Promise<{ readonly startOffset: number }>
  batches(): AsyncIterable<BatchPart>
  close(): Promise<void>
}

/** What a reader needs. */
export interface TailReaderOptions {
  readonly stream: TailSource
  readonly from: StartPosition
  readonly limits: RowBufferLimits
  /** Milliseconds that never go back. */
  readonly nowMs: () => number
  /** Something changed: rows, phase, or whether it waits. Called very often; must only take note. */
  readonly onChange: () => void
}

/** Where reading is. */
export type TailPhase = 'opening' | 'reading' | 'ended'

/** Reads one stream from one position, until closed. */
export class TailReader {
  readonly rows: RowBuffer
  readonly #options: TailReaderOptions
  readonly #seen = new SeenCounters()
  readonly #rate: RateMeter
  #subscription: TailSubscription | undefined
  #phase: TailPhase = 'opening'
  #failure: unknown
  #isPaused = false
  #rowLimit = Infinity
  #isWaiting = false
  #wake: (() => void) | undefined
  /** The offset that is due, once it is known. */
  #nextOffset: number | undefined
  #isClosed = false

  constructor(options: TailReaderOptions) {
    this.#options = options
    this.rows = new RowBuffer(options.limits)
    this.#rate = new RateMeter(options.nowMs())
  }

  get phase(): TailPhase {
    return this.#phase
  }

  /** What ended reading; undefined while it goes on, and when the stream's end was reached. */
  get failure(): unknown {
    return this.#failure
  }

  /** The counters behind the page's test hook. */
  get seen(): SeenCounters['now'] {
    return this.#seen.now
  }

  /** The offset behind the last row, or that reading waits for; undefined until one is known. */
  get nextOffset(): number | undefined {
    return this.#nextOffset
  }

  /** Whether the stream was found. */
  get hasBegun(): boolean {
    return this.#nextOffset !== undefined
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether records are there, or may be, that are not taken because nobody wants them yet. */
  get isHolding(): boolean {
    return this.#isWaiting && !this.#isPaused
  }

  /** Records and bytes that were taken, per second. */
  rate(): ReturnType<RateMeter['rate']> {
    return this.#rate.rate(this.#options.nowMs())
  }

  /** Rows from this number on are not wanted yet; `Infinity` for all there are. */
  set rowLimit(number: number) {
    this.#rowLimit = number
    this.#wakeIfWanted()
  }

  /** Begins to read. */
  start(): void {
    void this.#read(positionOf(this.#options.from))
  }

  /** Takes nothing more until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.#options.onChange()
  }

  /** Goes on where `pause` stopped. */
  resume(): void {
    this.#isPaused = false
    this.#wakeIfWanted()
    this.#options.onChange()
  }

  /**
   * Leaves out the records before `offset` and says so in the list. Does nothing when they have been
   * read already.
   */
  jumpTo(offset: number): void {
    if (this.#phase === 'ended') return
    const due = this.#nextOffset ?? 0
    if (offset <= due) return
    const left = this.#subscription
    this.#addMissing(due, offset, 'jump')
    void this.#read(offset)
    this.#wake?.()
    void left?.close()
  }

  /** Ends reading for an error that was met elsewhere; what has been read stays. */
  fail(error: unknown): void {
    if (this.#phase === 'ended') return
    const left = this.#subscription
    this.#subscription = undefined
    this.#end(error)
    this.#wake?.()
    void left?.close()
  }

  /** Ends reading. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    await this.#subscription?.close()
  }

  async #read(from: SubscribePosition): Promise<void> {
    const subscription = this.#options.stream.subscribe({
      from,
      onOutOfRange: 'clamp',
      onGap: (gap) => {
        this.#addMissing(gap.from, gap.to, gap.reason)
      },
    })
    this.#subscription = subscription
    const isCurrent = (): boolean => this.#subscription === subscription && !this.#isClosed
    try {
      const { startOffset } = await subscription.opened()
      if (!isCurrent()) return
      this.#onOpened(from, startOffset)
      for await (const batch of subscription.batches()) {
        if (!isCurrent()) return
        if (!this.#takeAll(batch)) await this.#takeAsWanted(batch, isCurrent)
      }
      if (isCurrent()) this.#end(undefined)
    } catch (error) {
      if (isCurrent()) this.#end(error)
    }
  }

  /** The server begins at `startOffset`; if that lies behind what was asked for, it tells of a gap. */
  #onOpened(from: SubscribePosition, startOffset: number): void {
    this.#phase = 'reading'
    if (typeof from === 'number' && from > startOffset) {
      const text = `Offset ${from} is beyond the end of the stream (${startOffset}): showing what comes next`
      this.rows.appendNotice({ kind: 'message', text })
    }
    this.#nextOffset ??= startOffset
    this.#options.onChange()
  }

  /** Takes a whole batch when that is wanted; the usual case, and one without a promise. */
  #takeAll(batch: BatchPart): boolean {
    if (this.#wantedRows() < batch.endIndex - batch.firstIndex) return false
    this.#take(new DeliveredBatch(batch), batch.firstIndex, batch.endIndex)
    return true
  }

  /** Takes a batch in parts, as rows come to be wanted. */
  async #takeAsWanted(batch: BatchPart, isCurrent: () => boolean): Promise<void> {
    const kept = new DeliveredBatch(batch)
    let index = batch.firstIndex
    while (index < batch.endIndex) {
      const wanted = this.#wantedRows()
      if (wanted <= 0) await this.#untilWanted()
      if (!isCurrent()) return
      if (wanted <= 0) continue
      const endIndex = Math.min(batch.endIndex, index + wanted)
      this.#take(kept, index, endIndex)
      index = endIndex
    }
  }

  #take(batch: DeliveredBatch, firstIndex: number, endIndex: number): void {
    const first = batch.offset(firstIndex)
    const last = batch.offset(endIndex - 1)
    const count = endIndex - firstIndex
    this.rows.appendRecords(batch, firstIndex, endIndex)
    this.#seen.addRecords({ first, last, count })
    this.#nextOffset = last + 1
    const { sizeBytes, recordCount } = batch.facts
    this.#rate.add(count, (sizeBytes * count) / recordCount, this.#options.nowMs())
    this.#options.onChange()
  }

  #addMissing(from: number, to: number, reason: MissingReason): void {
    this.rows.appendNotice({ kind: 'missing', from, to, reason })
    this.#seen.addMissing(from, to)
    this.#nextOffset = to
    this.#options.onChange()
  }

  #end(failure: unknown): void {
    this.#phase = 'ended'
    this.#failure = failure
    this.#options.onChange()
  }

  #wantedRows(): number {
    return this.#isPaused ? 0 : this.#rowLimit - this.rows.endRow
  }

  #wakeIfWanted(): void {
    if (this.#wantedRows() > 0) this.#wake?.()
  }

  async #untilWanted(): Promise<void> {
    this.#isWaiting = true
    this.#options.onChange()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
    this.#isWaiting = false
    this.#options.onChange()
  }
}

function positionOf(from: StartPosition): SubscribePosition {
  switch (from.kind) {
    case 'first':
    case 'next':
      return from.kind
    case 'last':
      return { last: from.count }
    case 'offset':
      return from.offset
    case 'time':
      return { timestamp: from.timeUs }
  }
}
