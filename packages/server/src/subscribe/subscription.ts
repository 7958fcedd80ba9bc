/**
 * A subscription: a place in a log, a credit, and whether it waits for either.
 *
 * This is all a slow consumer costs, however far behind it is: nothing is queued for it, the next run
 * is read when there is credit and room in the socket. `next` decides what is to be sent now and the
 * delivery pump sends it.
 *
 * At the tail the subscription parks with the log's watch and is woken once by the next advance.
 *
 * Does not know frames or sockets.
 */

import { BatchView, TailraceError } from '@tailrace/format'
import type { EndNotice, GapNotice } from '@tailrace/protocol'

import type { LogWatch, TailWaiter } from '../storage/log-watch.js'
import type { BatchRun, StreamLog, StreamReader } from '../storage/storage-port.js'
import type { StopCondition } from './stop-condition.js'

/** What a subscription has for its consumer now. */
export type Delivery =
  /** Whole batches as they are stored. */
  | { readonly kind: 'run'; readonly bytes: Uint8Array }
  /** Records that will not come. */
  | { readonly kind: 'gap'; readonly gap: GapNotice }
  /** Everything visible has been sent, after it had not been; the subscription is parked. */
  | { readonly kind: 'caught-up'; readonly visibleOffset: number }
  /** Nothing until it is woken or given credit. */
  | { readonly kind: 'nothing' }
  /** The last word. */
  | { readonly kind: 'end'; readonly end: EndNotice }
  /** The last word, because of an error of the log. */
  | { readonly kind: 'failed'; readonly error: TailraceError }

/** What a subscription is made of. */
export interface SubscriptionOptions {
  readonly id: number
  /** Released when the subscription is closed. */
  readonly watch: LogWatch
  /** Stands at `startOffset`. */
  readonly reader: StreamReader
  readonly startOffset: number
  readonly stop: StopCondition
  readonly creditBytes: number
  /** Called when a parked subscription is woken. */
  readonly onWake: (subscription: Subscription) => void
}

const NOTHING: Delivery = { kind: 'nothing' }

/** One consumer of one stream on one connection. */
export class Subscription implements TailWaiter {
  readonly kind = 'subscription'
  readonly id: number
  readonly #watch: LogWatch
  readonly #log: StreamLog
  readonly #reader: StreamReader
  readonly #stop: StopCondition
  readonly #onWake: (subscription: Subscription) => void
  readonly #startOffset: number
  #creditLimitBytes: number
  #sentBytes = 0
  /** Whether there was something visible that could not be sent at once. */
  #isBehind = true
  #isClosed = false
  /** While what comes next is read from the disk, off the event loop. */
  #isWarming = false
  #warmingFailed: TailraceError | undefined

  constructor(options: SubscriptionOptions) {
    this.id = options.id
    this.#watch = options.watch
    this.#log = options.watch.log
    this.#startOffset = options.startOffset
    this.#reader = options.reader
    this.#stop = options.stop
    this.#creditLimitBytes = options.creditBytes
    this.#onWake = options.onWake
  }

  /** The next offset to be delivered. */
  get nextOffset(): number {
    // The reader may stand at the start of the batch that holds the first record.
    return Math.max(this.#startOffset, this.#reader.nextOffset)
  }

  /** Bytes of runs sent so far; the limit of `grant` is counted in these. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Raises the credit to a cumulative limit. Returns false when that is not more than before. */
  grant(limitBytes: number): boolean {
    if (limitBytes <= this.#creditLimitBytes) return false
    this.#creditLimitBytes = limitBytes
    return true
  }

  /** Notes that what it has could not be sent in this turn. */
  fallBehind(): void {
    this.#isBehind = true
  }

  /** Decides what is to be sent now; a run has at most `runBytesMax`, unless it is a single batch. */
  next(runBytesMax: number): Delivery {
    if (this.#isClosed || this.#isWarming) return NOTHING
    const { nextOffset } = this
    const stopOffset = this.#stop.offset()
    if (stopOffset !== undefined && nextOffset >= stopOffset) {
      return { kind: 'end', end: { reason: 'stop', offset: stopOffset } }
    }
    if (this.#log.isClosed) return this.#logClosed()
    if (nextOffset >= this.#log.visibleOffset) {
      // Damage is no tail to wait at: the reader says what it is.
      const isDamaged = this.#log.failure?.code === 'STREAM_CORRUPT'
      return isDamaged ? this.#read(runBytesMax, stopOffset) : this.#parkAtTail()
    }
    const creditBytes = this.#creditLimitBytes - this.#sentBytes
    if (creditBytes > 0) return this.#read(Math.min(creditBytes, runBytesMax), stopOffset)
    this.fallBehind()
    return NOTHING
  }

  wake(): void {
    if (!this.#isClosed) this.#onWake(this)
  }

  /** Ends the subscription without another word. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch.unpark(this)
    this.#watch.release()
  }

  #read(bytesMax: number, stopOffset: number | undefined): Delivery {
    let run: BatchRun | undefined
    try {
      if (this.#warmingFailed !== undefined) throw this.#warmingFailed
      const warming = this.#reader.warm?.(bytesMax)
      if (warming !== undefined) return this.#waitFor(warming)
      run = this.#reader.next(bytesMax)
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      return this.#readFailed(error)
    }
    if (run === undefined) return this.#parkAtTail()
    const mustCut = stopOffset !== undefined && run.endOffset > stopOffset
    const bytes = mustCut ? cutBehind(run.bytes, stopOffset) : run.bytes
    this.#sentBytes += bytes.byteLength
    return { kind: 'run', bytes }
  }

  /** Others have their turn until the disk has what comes next. */
  #waitFor(warming: Promise<void>): Delivery {
    this.#isWarming = true
    void this.#goOnAfter(warming)
    return NOTHING
  }

  async #goOnAfter(warming: Promise<void>): Promise<void> {
    try {
      await warming
    } catch (error) {
      if (!TailraceError.is(error)) throw error
      this.#warmingFailed = error
    }
    this.#isWarming = false
    this.fallBehind()
    this.wake()
  }

  /** Retention and damage take records away and leave the rest; anything else is the end. */
  #readFailed(error: TailraceError): Delivery {
    if (error.code === 'STREAM_CLOSED') return this.#logClosed()
    const from = this.nextOffset
    const gap = gapOf(error, from)
    if (gap === undefined) return { kind: 'failed', error }
    this.#reader.seek(gap.to)
    this.fallBehind()
    return { kind: 'gap', gap }
  }

  #parkAtTail(): Delivery {
    this.#watch.park(this)
    if (!this.#isBehind) return NOTHING
    this.#isBehind = false
    return { kind: 'caught-up', visibleOffset: this.#log.visibleOffset }
  }

  #logClosed(): Delivery {
    const reason = this.#watch.closeReason()
    if (reason !== undefined) return { kind: 'end', end: { reason, offset: this.nextOffset } }
    this.#watch.park(this)
    return NOTHING
  }
}

function gapOf(error: TailraceError, from: number): GapNotice | undefined {
  const { details } = error
  if (error.code === 'OFFSET_OUT_OF_RANGE' && isAfter(details['startOffset'], from)) {
    // Records that a repair gave up are out of range too.
    const reason = details['reason'] === 'damage' ? 'damage' : 'retention'
    return { from, to: details['startOffset'], reason }
  }
  if (error.code === 'STREAM_CORRUPT' && isAfter(details['to'], from)) {
    return { from, to: details['to'], reason: 'damage' }
  }
  return undefined
}

function isAfter(offset: unknown, from: number): offset is number {
  return typeof offset === 'number' && offset > from
}

/** Cuts a run behind the batch that holds the last record before `stopOffset`. */
function cutBehind(bytes: Uint8Array, stopOffset: number): Uint8Array {
  const view = new BatchView(bytes)
  let position = 0
  while (position < bytes.byteLength) {
    view.wrap(bytes, position)
    position += view.batchLength
    if (view.nextOffset >= stopOffset) break
  }
  return bytes.subarray(0, position)
}
