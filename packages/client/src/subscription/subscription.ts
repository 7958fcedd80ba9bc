/**
 * A subscription as the application sees it: an async iterator with one consumer.
 *
 * Asking for a record that is here already costs no waiting and no connection: the batch it lies in
 * has been verified, and `next` decodes one record of it. Only when nothing is here does a promise
 * stay open, which the next arrival settles.
 */

import { ConnectionError, RequestError, type TailraceError } from '@tailrace/format'
import type { SubscribeReply } from '@tailrace/protocol'

import { createDeferred, type Deferred } from '../util/deferred.js'
import { callListener } from '../util/listeners.js'
import { rejected } from '../util/rejected.js'
import type { Session } from '../connection/session.js'
import { BatchVisits, type BatchVisitor } from './batch-visits.js'
import { DONE, hasConsumer, PendingNext } from './pending-next.js'
import { RecordBatch, type RecordDecoder, type StreamRecord } from './record-batch.js'
import type { Gap, SubscriptionConfig } from './subscribe-options.js'
import { SubscriptionFeed } from './subscription-feed.js'

/** Where a subscription begins and ends, as the server resolved it. */
export interface SubscriptionStart {
  /** The first offset that is delivered. */
  readonly startOffset: number
  /** The first offset that is not; null if there is no such offset, or it is not known yet. */
  readonly stopOffset: number | null
  /** The incarnation of the stream. */
  readonly epoch: number
}

/** How a subscription has ended; an error is thrown at every further `next`. */
interface Outcome {
  readonly error: unknown
  /** Whether everything up to the `to` of the subscription was handed out. */
  readonly isComplete?: boolean
}

/**
 * Receives the records of a stream. Iterate over it (`for await (const record of subscription)`), over
 * `batches()`, or have `forEachBatch` call you; all take from the same position, so one may follow the other.
 * One consumer at a time.
 *
 * Leaving the loop, `close()`, `await using` and the signal all end it, also on the server. An error that
 * ends it (OFFSET_OUT_OF_RANGE, EPOCH_MISMATCH, STREAM_NOT_FOUND, CHECKSUM_MISMATCH, CLIENT_CLOSED, …) is
 * thrown by the iterator, after the records that came before it. A record that does not decode throws
 * INVALID_FIELD once; iterating again goes on behind it.
 */
export class Subscription<T> implements AsyncIterable<StreamRecord<T>>, AsyncDisposable {
  readonly #config: SubscriptionConfig
  readonly #decoder: RecordDecoder<T>
  readonly #feed: SubscriptionFeed
  #start: SubscriptionStart | undefined
  #failure: TailraceError | undefined
  #batch: RecordBatch<T> | undefined
  /** Index in `#batch` of the next record to hand out. */
  #index = 0
  #endIndex = 0
  #nextOffset = 0
  #outcome: Outcome | undefined
  readonly #pending = new PendingNext()
  #visits: BatchVisits<T> | undefined
  #opened: Deferred<SubscriptionStart> | undefined
  #caughtUp: Deferred<undefined> | undefined
  #closing: Promise<void> | undefined

  constructor(session: Session, config: SubscriptionConfig, decoder: RecordDecoder<T>) {
    this.#config = config
    this.#decoder = decoder
    this.#feed = new SubscriptionFeed(session, config, {
      onStarted: (reply) => this.#onStarted(reply),
      onFailed: (error) => this.#onFailed(error),
      onArrival: () => this.#onArrival(),
    })
    const { signal } = config
    if (signal?.aborted === true) {
      this.#finish({ error: signal.reason })
    } else {
      signal?.addEventListener('abort', this.#onAbort)
      this.#feed.start()
    }
  }

  /** The offset of the next record to be handed out; 0 until the server has resolved the start. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** The incarnation of the stream; undefined until the server has answered. */
  get epoch(): number | undefined {
    return this.#feed.epoch
  }

  /**
   * Records known to be visible that have not been handed out. What was published since the server was
   * last heard of is not in it.
   */
  get lag(): number {
    return Math.max(0, this.#feed.visibleOffset - this.#nextOffset)
  }

  /** Bytes received and not taken yet; never more than `windowBytes` and one batch. */
  get heldBytes(): number {
    return this.#feed.heldBytes
  }

  /**
   * Resolves when the server has accepted the subscription: records published after that are delivered.
   * Rejects with what ended the subscription before.
   */
  opened(): Promise<SubscriptionStart> {
    if (this.#start !== undefined) return Promise.resolve(this.#start)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#outcome !== undefined) return rejected(this.#endError(this.#outcome))
    this.#opened ??= createDeferred()
    return this.#opened.promise
  }

  /**
   * Resolves when every record that was visible at some moment has been handed out: from then on the
   * subscription is live. At once if that is so already. Also resolves at the `to` of the subscription;
   * rejects with what ended it otherwise (SUBSCRIPTION_CLOSED for `close`). Needs a consumer.
   */
  caughtUp(): Promise<void> {
    if (this.#isCaughtUp()) return Promise.resolve()
    if (this.#outcome !== undefined) return rejected(this.#endError(this.#outcome))
    this.#caughtUp ??= createDeferred()
    return this.#caughtUp.promise
  }

  /** Iterates over records. */
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamRecord<T>, undefined> {
    return this.#iterator(() => this.#nextRecord())
  }

  /** Iterates over batches, which are yours: what you keep of one stays as it is. */
  batches(): AsyncIterableIterator<RecordBatch<T>, undefined> {
    return this.#iterator(() => this.#nextBatch())
  }

  /**
   * Calls `visit` with every batch, as it arrives: the fastest way to take records. Where it returns a promise,
   * the next batch waits for that. Resolves when the subscription ends or is closed; rejects with what ended it,
   * or with what `visit` threw, which closes it.
   *
   * A batch is lent. When `visit` has returned, or its promise has resolved, the memory is used again: the batch
   * and every view of its bytes (values of the codec `raw`, `Uint8Array`s within msgpack values, keys) then show
   * something else. Copy what you keep, or iterate over `batches()`, whose memory is not used again.
   *
   * Rejects with a TypeError if the subscription has a consumer already.
   */
  forEachBatch(visit: BatchVisitor<T>): Promise<void> {
    if (this.#hasVisitor() || this.#pending.isWaiting) return rejected(hasConsumer())
    // Somebody may still be at the last batch, and is to be told of the end after that.
    if (this.#outcome !== undefined) return ended(this.#outcome)
    this.#visits = new BatchVisits(visit, {
      onReady: () => this.#serveVisits(),
      onFailed: () => this.#finish({ error: undefined }),
    })
    const visited = this.#visits.ended
    this.#serveVisits()
    return visited
  }

  /**
   * Ends the subscription; a loop over it ends as if there were nothing more. Resolves when the server
   * has ended it too, or the connection is gone. Idempotent.
   */
  close(): Promise<void> {
    this.#finish({ error: undefined })
    return this.#closing ?? Promise.resolve()
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // --- iterating ---

  #iterator<Item>(
    next: () => Promise<IteratorResult<Item, undefined>>,
  ): AsyncIterableIterator<Item, undefined> {
    return {
      next,
      return: () => {
        void this.close()
        return Promise.resolve(DONE)
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** The hot path: a record of a batch that is here. */
  #nextRecord(): Promise<IteratorResult<StreamRecord<T>, undefined>> {
    if (this.#index < this.#endIndex) {
      try {
        return Promise.resolve(this.#takeRecord())
      } catch (error) {
        return rejected(error)
      }
    }
    return this.#nextArrival(() => this.#takeRecord())
  }

  #nextBatch(): Promise<IteratorResult<RecordBatch<T>, undefined>> {
    if (this.#index < this.#endIndex)
      return Promise.resolve({ done: false, value: this.#takeBatch() })
    return this.#nextArrival(() => ({ done: false, value: this.#takeBatch() }))
  }

  #takeRecord(): IteratorResult<StreamRecord<T>, undefined> {
    const batch = this.#currentBatch()
    const index = this.#index
    this.#index += 1
    if (this.#index === this.#endIndex) this.#onBatchTaken(batch)
    else this.#nextOffset = batch.offset(index) + 1
    return { done: false, value: batch.record(index) }
  }

  /** Takes what is left of the batch. */
  #takeBatch(): RecordBatch<T> {
    const batch = this.#currentBatch()
    const firstIndex = this.#index
    this.#index = this.#endIndex
    this.#onBatchTaken(batch)
    return batch.from(firstIndex)
  }

  #currentBatch(): RecordBatch<T> {
    if (this.#batch === undefined) throw new RangeError('there is no batch to take from')
    return this.#batch
  }

  #onBatchTaken(batch: RecordBatch<T>): void {
    this.#nextOffset = batch.nextOffset
    if (this.#caughtUp !== undefined) this.#settleCaughtUp()
  }

  /** Waits until there is something to take, which may be now. */
  #nextArrival<Item>(
    take: () => IteratorResult<Item, undefined>,
  ): Promise<IteratorResult<Item, undefined>> {
    if (this.#hasVisitor()) return rejected(hasConsumer())
    const next = this.#pending.wait(take)
    this.#servePending()
    return next
  }

  /** Gives the waiting consumer a batch, the end or an error; leaves it waiting if there is nothing yet. */
  #servePending(): void {
    if (!this.#pending.isWaiting) return
    if (this.#outcome !== undefined || this.#advance()) this.#settlePending()
  }

  /** Shows the visitor what is there, unless it is busy, and tells it of the end. */
  #serveVisits(): void {
    const visits = this.#visits
    if (visits === undefined) return
    while (!visits.isBusy && this.#hasBatch()) visits.show(this.#takeBatch())
    if (!visits.isBusy && this.#outcome !== undefined) visits.end(this.#outcome.error)
  }

  #hasVisitor(): boolean {
    return this.#visits !== undefined && this.#outcome === undefined
  }

  #hasBatch(): boolean {
    if (this.#index === this.#endIndex && this.#outcome === undefined) this.#advance()
    return this.#index < this.#endIndex
  }

  #settlePending(): void {
    if (this.#outcome === undefined) this.#pending.take()
    else if (this.#outcome.error === undefined) this.#pending.finish()
    else this.#pending.reject(this.#outcome.error)
  }

  /** Moves to the next batch. False when there is nothing yet; true when there is one, or the end. */
  #advance(): boolean {
    try {
      for (;;) {
        const step = this.#feed.next(this.#visits === undefined ? 'keeps' : 'gives back')
        switch (step.kind) {
          case 'nothing-yet':
            return false
          case 'gap':
            this.#onGap(step.gap)
            break
          case 'end':
            this.#finish({ error: step.error, isComplete: step.error === undefined })
            return true
          case 'batch':
            this.#batch = new RecordBatch(step.slice, this.#decoder)
            this.#index = this.#batch.firstIndex
            this.#endIndex = this.#batch.endIndex
            return true
        }
      }
    } catch (error) {
      this.#finish({ error })
      return true
    }
  }

  #onGap(gap: Gap): void {
    const { onGap, onOutOfRange, stream } = this.#config
    if (onGap === undefined && onOutOfRange === 'strict') {
      throw new RequestError(
        'OFFSET_OUT_OF_RANGE',
        `records ${gap.from} to ${gap.to} are gone (${gap.reason}), offset ${gap.from} was due (stream "${stream}")`,
        {
          details: {
            stream,
            offset: gap.from,
            startOffset: gap.to,
            endOffset: this.#feed.visibleOffset,
            reason: gap.reason,
          },
        },
      )
    }
    this.#nextOffset = gap.to
    if (onGap !== undefined) callListener(onGap, gap)
  }

  // --- the feed's events ---

  #onStarted({ startOffset, stopOffset, epoch }: SubscribeReply): void {
    this.#start = { startOffset, stopOffset, epoch }
    this.#nextOffset = startOffset
    this.#opened?.resolve(this.#start)
  }

  #onFailed(error: TailraceError): void {
    this.#failure = error
    this.#opened?.reject(error)
  }

  #onArrival(): void {
    this.#servePending()
    this.#serveVisits()
    if (this.#caughtUp !== undefined) this.#settleCaughtUp()
  }

  readonly #onAbort = (): void => {
    this.#finish({ error: this.#config.signal?.reason })
  }

  // --- the end ---

  #isCaughtUp(): boolean {
    if (this.#outcome?.isComplete === true) return true
    return this.#nextOffset >= this.#feed.caughtUpOffset
  }

  #settleCaughtUp(): void {
    if (!this.#isCaughtUp()) return
    this.#caughtUp?.resolve(undefined)
    this.#caughtUp = undefined
  }

  /** Ends it once: nothing more is handed out, and everybody who waits is told. */
  #finish(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#config.signal?.removeEventListener('abort', this.#onAbort)
    this.#batch = undefined
    this.#index = this.#endIndex
    this.#closing = this.#feed.stop()
    this.#settlePending()
    this.#serveVisits()
    this.#settleCaughtUp()
    this.#opened?.reject(this.#endError(outcome))
    this.#caughtUp?.reject(this.#endError(outcome))
  }

  #endError({ error }: Outcome): unknown {
    if (error !== undefined) return error
    const { stream } = this.#config
    return new ConnectionError('SUBSCRIPTION_CLOSED', `the subscription to "${stream}" was closed`)
  }
}

/** What a visitor is told that comes when all is over. */
function ended({ error }: Outcome): Promise<void> {
  return error === undefined ? Promise.resolve() : rejected(error)
}
