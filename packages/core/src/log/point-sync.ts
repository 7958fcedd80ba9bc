/**
 * One more sync: makes the recovery point in the active segment's header durable.
 *
 * A recovery point is noted after the sync that it speaks of, so it is durable with the next one only. A
 * stream that has gone quiet gets that sync a second later; one that may not be written further behind
 * its durable point gets it at once (docs/adr/0016).
 */
import { StorageError } from '@tailrace/format'
import type { LogOptions } from './log-options.js'
import type { LogParts } from './log-upkeep.js'

/** How long a stream has to be quiet. */
const QUIET_MS = 1000

/** Syncs recovery points that no commit would. */
export class PointSync {
  readonly #options: Pick<LogOptions, 'scheduler' | 'syncSlots'>
  readonly #parts: Omit<LogParts, 'segments'>
  #cancelTimer: (() => void) | undefined
  readonly #running = new Set<Promise<unknown>>()

  constructor(
    options: Pick<LogOptions, 'scheduler' | 'syncSlots'>,
    parts: Omit<LogParts, 'segments'>,
  ) {
    this.#options = options
    this.#parts = parts
  }

  /** A point was noted: it is to be durable soon, if no commit makes it so. */
  noted(): void {
    this.#cancelTimer ??= this.#options.scheduler.after(QUIET_MS, () => {
      this.#cancelTimer = undefined
      const { commit, writer } = this.#parts
      // Whoever is busy notes another point, later.
      if (writer.endOffset === commit.durable.offset) void this.#now('timer')
    })
  }

  /**
   * Makes everything durable, and the point that says so.
   *
   * @throws {StorageError} STREAM_POISONED; IO_ERROR when a segment at rest cannot be opened: try again.
   */
  async extend(): Promise<void> {
    await this.#parts.commit.flush()
    const failure = await this.#now('waiter')
    if (failure !== undefined) throw failure
  }

  /** Ends waiting, and resolves when no sync is in flight. */
  async stop(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    await Promise.all(this.#running)
  }

  /**
   * Never rejects: a sync that fails is the end of appending, as that of a commit is. Resolves with why it was
   * not tried.
   */
  async #now(whoAsks: 'timer' | 'waiter'): Promise<StorageError | undefined> {
    const running = this.#options.syncSlots.run(() => this.#sync(whoAsks))
    this.#running.add(running)
    const failure = await running
    this.#running.delete(running)
    return failure
  }

  async #sync(whoAsks: 'timer' | 'waiter'): Promise<StorageError | undefined> {
    const { writer, commit, isWritable } = this.#parts
    const { active } = writer
    if (!isWritable() || active.isPointDurable) return undefined
    // One at rest has no file open; it is woken only for somebody who waits.
    if (active.isResting && whoAsks === 'timer') return undefined
    try {
      active.open()
    } catch (error) {
      // It rests because all of it is durable: nothing is lost.
      if (error instanceof StorageError) return error
      throw error
    }
    try {
      await active.sync()
    } catch (error) {
      commit.fail(error)
    }
    return undefined
  }
}
