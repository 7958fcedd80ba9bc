/**
 * Group commit: makes appended batches durable, many at a time.
 *
 * One sync is in flight per stream, in the thread pool, and few over all streams; everything appended
 * while it waits for its turn rides it, and what comes meanwhile the next one. In `fsync` mode a commit
 * starts at the end of the turn that appended; in `relaxed` mode at most `flushIntervalMs` later.
 *
 * A failed sync poisons: the kernel may have dropped the pages it could not write, so neither a retry
 * nor any later sync proves anything about them (see docs/adr/0006).
 *
 * Does not acknowledge: it moves the durable mark and tells whoever listens.
 */
import { StorageError } from '@tailrace/format'
import type { TailraceError } from '@tailrace/format'
import type { Scheduler } from '../io/scheduler.js'
import type { Slots } from '../io/slots.js'
import type { LogMark } from './log-mark.js'

/** What a group commit needs from its log. */
export interface GroupCommitOptions {
  readonly scheduler: Scheduler
  /** Shared by the streams of a store: a commit takes one while it syncs. */
  readonly slots: Slots
  /** 0: commit at the end of the turn. Otherwise how long a commit may wait, in milliseconds. */
  readonly delayMs: number
  /** Where the log ends now. */
  readonly endMark: () => LogMark
  /** Syncs everything up to the mark: sealed segments, the names of new files, the active segment. */
  readonly syncUpTo: (mark: LogMark) => Promise<void>
  /** The durable mark has advanced, or `failure` was set. */
  readonly onSettled: () => void
}

/** Makes appended batches durable, one sync at a time. */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #durable: LogMark
  #failure: TailraceError | undefined
  #running: Promise<void> | undefined
  #isScheduled = false
  /** What was appended is not to wait for the interval. */
  #isUrgent = false
  #cancelTimer: (() => void) | undefined

  constructor(options: GroupCommitOptions, durable: LogMark) {
    this.#options = options
    this.#durable = durable
  }

  /** Everything below it has survived a sync. */
  get durable(): LogMark {
    return this.#durable
  }

  /** Set for good once a sync or a write has failed. */
  get failure(): TailraceError | undefined {
    return this.#failure
  }

  /** Says that something was appended. */
  noteAppended(): void {
    if (this.#isScheduled || this.#running !== undefined || this.#failure !== undefined) return
    this.#isScheduled = true
    const { scheduler, delayMs } = this.#options
    if (delayMs === 0) scheduler.soon(this.#start)
    else this.#cancelTimer = scheduler.after(delayMs, this.#start)
  }

  /** Has the next commit start at the end of the turn, or right after the one in flight. */
  hurry(): void {
    this.#isUrgent = true
    this.#options.scheduler.soon(this.#start)
  }

  /**
   * Resolves when everything appended before the call is durable.
   *
   * @throws {StorageError} STREAM_POISONED when a sync fails or has failed.
   */
  async flush(): Promise<void> {
    const target = this.#options.endMark().offset
    while (this.#durable.offset < target) {
      if (this.#failure !== undefined) throw this.#failure
      this.#start()
      await this.#running
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when no commit is in flight. Never rejects. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Poisons the log: nothing is acknowledged until it is opened again. Returns what is said from now on. */
  fail(cause: unknown): TailraceError {
    if (this.#failure !== undefined) return this.#failure
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message =
      `the stream takes no more appends, because a write or sync failed: ${reason}; ` +
      `records from offset ${this.#durable.offset} on are not known to be on disk; reopen the store`
    const details = { durableOffset: this.#durable.offset }
    const failure = new StorageError('STREAM_POISONED', message, { cause, details })
    this.#failure = failure
    this.#options.onSettled()
    return failure
  }

  /** Begins no commit any more, and has what waits for one fail with the reason. Poisons nothing. */
  end(reason: TailraceError): void {
    this.#failure ??= reason
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** Starts a commit unless one is in flight or nothing is to be done. */
  readonly #start = (): void => {
    this.#isScheduled = false
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#running !== undefined || this.#failure !== undefined) return
    const { endMark, slots } = this.#options
    if (endMark().offset === this.#durable.offset) return
    this.#isUrgent = false
    this.#running = slots.tryTake() ? this.#commit() : slots.take().then(() => this.#commit())
  }

  /** Holds a slot, and gives it back. */
  async #commit(): Promise<void> {
    const mark = this.#options.endMark()
    try {
      if (this.#failure === undefined) await this.#options.syncUpTo(mark)
      if (this.#failure === undefined) this.#durable = mark
    } catch (error) {
      this.#running = undefined
      this.fail(error)
      return
    } finally {
      this.#options.slots.giveBack()
    }
    this.#running = undefined
    this.#options.onSettled()
    if (this.#options.endMark().offset === this.#durable.offset) return
    // Whoever appended during the sync has waited long enough already.
    if (this.#options.delayMs === 0 || this.#isUrgent) this.#start()
    else this.noteAppended()
  }
}
