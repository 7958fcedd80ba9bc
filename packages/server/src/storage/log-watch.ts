/**
 * One pair of listeners per log for the whole server, however many connections look at it.
 *
 * A subscription at the tail parks here and is woken once by the next advance; a producer whose
 * batches wait for the disk is told of each group commit. Both cost a set entry, not a listener.
 *
 * Invariant: the listeners are registered with the log exactly while somebody holds the watch.
 */

import { TailraceError } from '@tailrace/format'

import type { StreamLog, StreamStore } from './storage-port.js'

/** Somebody at the tail of a log. */
export interface TailWaiter {
  /** The log's visible end advanced, or the log was closed. The waiter is no longer parked. */
  wake(): void
}

/** Somebody whose appends wait for the disk. */
export interface DurabilityWaiter {
  /** The log's durable end advanced, or the log failed or was closed. */
  durabilityChanged(): void
}

/** Why a log was closed under its users. */
export type LogCloseReason = 'deleted' | 'closing'

/** What a watch tells the watches. */
interface LogWatchOwner {
  /** Nobody uses it any more. */
  onUnused(): void
  /** So many more wait for the disk. */
  onAwaiting(change: 1 | -1): void
}

/** The shared listeners of one log. Get one from `LogWatches`, give it back with `release`. */
export class LogWatch {
  readonly log: StreamLog
  readonly #store: StreamStore
  readonly #owner: LogWatchOwner
  readonly #stopListening: readonly (() => void)[]
  #parked = new Set<TailWaiter>()
  readonly #awaitingDurable = new Set<DurabilityWaiter>()
  #userCount = 0
  #closeReason: LogCloseReason | 'asked' | undefined

  constructor(log: StreamLog, store: StreamStore, owner: LogWatchOwner) {
    this.log = log
    this.#store = store
    this.#owner = owner
    this.#stopListening = [
      log.onVisible(() => this.visibleAdvanced()),
      log.onDurable(() => this.#tellDurable()),
    ]
  }

  /** Counts a user. */
  acquire(): this {
    this.#userCount += 1
    return this
  }

  /** Counts a user off; the last one ends the listening. */
  release(): void {
    this.#userCount -= 1
    if (this.#userCount > 0) return
    for (const stop of this.#stopListening) stop()
    this.#owner.onUnused()
  }

  /**
   * Why the log, which is closed, was closed. Undefined as long as that is not known: then a waiter that
   * parks is woken when it is.
   */
  closeReason(): LogCloseReason | undefined {
    if (this.#closeReason === undefined) {
      this.#closeReason = 'asked'
      void this.#findCloseReason()
    }
    return this.#closeReason === 'asked' ? undefined : this.#closeReason
  }

  /** Parks a waiter until the next advance. */
  park(waiter: TailWaiter): void {
    this.#parked.add(waiter)
  }

  /** Takes a waiter back before it was woken. */
  unpark(waiter: TailWaiter): void {
    this.#parked.delete(waiter)
  }

  /**
   * Wakes who is parked. The log says so once per advance; a publisher that has just moved the visible end
   * itself may say it at once, which spares its subscribers a turn of the event loop.
   */
  visibleAdvanced(): void {
    if (this.#parked.size === 0) return
    const woken = this.#parked
    this.#parked = new Set()
    for (const waiter of woken) waiter.wake()
  }

  /** Tells `waiter` of every group commit until `forget`. */
  awaitDurable(waiter: DurabilityWaiter): void {
    if (this.#awaitingDurable.has(waiter)) return
    this.#owner.onAwaiting(1)
    this.#awaitingDurable.add(waiter)
  }

  /** Ends `awaitDurable`. */
  forget(waiter: DurabilityWaiter): void {
    if (this.#awaitingDurable.delete(waiter)) this.#owner.onAwaiting(-1)
  }

  /** A log is closed before its stream is gone; the store, asked now, answers after that. */
  async #findCloseReason(): Promise<void> {
    const { streamId } = this.log.describe()
    this.#closeReason = await this.#store.open(this.log.name).then(
      (log) => (log.describe().streamId === streamId ? 'closing' : 'deleted'),
      (error: unknown) => {
        if (!TailraceError.is(error)) throw error
        return error.code === 'STREAM_NOT_FOUND' ? 'deleted' : 'closing'
      },
    )
    this.visibleAdvanced()
  }

  #tellDurable(): void {
    for (const waiter of this.#awaitingDurable) waiter.durabilityChanged()
  }
}

/** The watches of a server, one per log in use. */
export class LogWatches {
  readonly #store: StreamStore
  readonly #watches = new Map<StreamLog, LogWatch>()
  #awaitingCount = 0

  constructor(store: StreamStore) {
    this.#store = store
  }

  /** Whether anybody waits for a log to be durable. */
  get isDiskAwaited(): boolean {
    return this.#awaitingCount > 0
  }

  /** The watch of a log, counted as used once more. */
  acquire(log: StreamLog): LogWatch {
    let watch = this.#watches.get(log)
    if (watch === undefined) {
      watch = new LogWatch(log, this.#store, {
        onUnused: () => this.#watches.delete(log),
        onAwaiting: (change) => {
          this.#awaitingCount += change
        },
      })
      this.#watches.set(log, watch)
    }
    return watch.acquire()
  }
}
