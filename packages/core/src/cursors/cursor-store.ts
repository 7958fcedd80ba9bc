/**
 * The cursors of one stream: commit, read, list, delete, all durable when they resolve.
 *
 * Commits are grouped as appends are: while the file is being written, further commits gather for the
 * next write. A write that fails takes back what it was to make durable, so that memory and disk agree
 * and the next commit may succeed.
 */
import { RequestError } from '@tailrace/format'
import type { Clock } from '../io/clock.js'
import type { Storage } from '../storage/storage-port.js'
import { CURSOR_NAME_LENGTH_MAX, CURSORS_MAX } from './cursor.js'
import type { CommitOptions, Cursor } from './cursor.js'
import { readCursorFile, writeCursorFile } from './cursor-file.js'

/** What the store needs of its log. */
export interface CursorLog {
  readonly name: string
  readonly epoch: number
  readonly startOffset: number
  readonly visibleOffset: number
  /** Throws when the log is closed. */
  assertReadable(): void
}

/** A change that is not yet durable. `next` is undefined for a deletion. */
interface PendingChange {
  readonly name: string
  readonly next: Cursor | undefined
}

/** The cursors of one stream. */
export class CursorStore {
  readonly #storage: Storage
  readonly #directory: string
  readonly #log: CursorLog
  readonly #clock: Clock
  /** As on disk. */
  #durable: ReadonlyMap<string, Cursor> | undefined
  #lastGeneration = 0
  #pending: PendingChange[] = []
  #writing: Promise<void> | undefined

  constructor(
    place: { readonly storage: Storage; readonly directory: string },
    log: CursorLog,
    clock: Clock,
  ) {
    this.#storage = place.storage
    this.#directory = place.directory
    this.#log = log
    this.#clock = clock
  }

  /** The cursor as it was last committed, also by a commit still under way; undefined if there is none. */
  get(name: string): Cursor | undefined {
    this.#log.assertReadable()
    const pending = this.#pending.findLast((change) => change.name === name)
    return pending === undefined ? this.#loaded().get(name) : pending.next
  }

  /** All cursors by name, as on disk. */
  list(): readonly Cursor[] {
    this.#log.assertReadable()
    return [...this.#loaded().values()].sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  /**
   * Commits an offset, creating the cursor if need be. Going back is allowed: it is how one replays.
   *
   * @throws {RequestError} OFFSET_OUT_OF_RANGE beyond the visible end of the log; CURSOR_CONFLICT when the
   * generation is another than expected; INVALID_REQUEST for a name of 0 or more than 255 characters, for
   * a number that is no offset, and beyond 10,000 cursors.
   * @throws {StorageError} NO_SPACE, IO_ERROR: nothing was committed; STREAM_CORRUPT.
   */
  async commit(name: string, offset: number, options: CommitOptions = {}): Promise<Cursor> {
    const current = this.get(name)
    this.#assertCommittable(name, offset, current)
    assertGeneration(name, options.expectedGeneration, current)
    this.#lastGeneration += 1
    const next: Cursor = {
      name,
      offset,
      epoch: this.#log.epoch,
      generation: this.#lastGeneration,
      committedUs: this.#clock.nowUs(),
    }
    await this.#change({ name, next })
    return next
  }

  /**
   * Deletes a cursor.
   *
   * @throws {RequestError} UNKNOWN_CURSOR; CURSOR_CONFLICT. @throws {StorageError} as {@link commit}.
   */
  async delete(name: string, options: CommitOptions = {}): Promise<void> {
    const current = this.get(name)
    if (current === undefined) {
      const message = `stream "${this.#log.name}" has no cursor "${name}"`
      throw new RequestError('UNKNOWN_CURSOR', message, { details: { cursor: name } })
    }
    assertGeneration(name, options.expectedGeneration, current)
    await this.#change({ name, next: undefined })
  }

  /** Resolves when no write is under way. Never rejects. */
  async idle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined)
  }

  async #change(change: PendingChange): Promise<void> {
    this.#pending.push(change)
    // A write under way does not cover the change; the one after it does.
    await this.#writing?.catch(() => undefined)
    while (this.#pending.includes(change)) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined
      })
      await this.#writing
    }
  }

  async #write(): Promise<void> {
    const changes = [...this.#pending]
    const cursors = new Map(this.#loaded())
    for (const { name, next } of changes) {
      if (next === undefined) cursors.delete(name)
      else cursors.set(name, next)
    }
    try {
      const content = { cursors: [...cursors.values()], lastGeneration: this.#lastGeneration }
      await writeCursorFile(this.#storage, this.#directory, content)
      this.#durable = cursors
    } finally {
      this.#pending = this.#pending.filter((change) => !changes.includes(change))
    }
  }

  #loaded(): ReadonlyMap<string, Cursor> {
    if (this.#durable === undefined) {
      const { cursors, lastGeneration } = readCursorFile(this.#storage, this.#directory)
      this.#durable = new Map(cursors.map((cursor) => [cursor.name, cursor]))
      this.#lastGeneration = lastGeneration
    }
    return this.#durable
  }

  #assertCommittable(name: string, offset: number, current: Cursor | undefined): void {
    if (name.length === 0 || name.length > CURSOR_NAME_LENGTH_MAX) {
      throw invalid(`a cursor name has ${name.length} characters, allowed are 1 to 255`, { name })
    }
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw invalid(`cursor offset ${offset} is no offset`, { offset })
    }
    if (current === undefined && this.#loaded().size + this.#pending.length >= CURSORS_MAX) {
      throw invalid(
        `stream "${this.#log.name}" has ${CURSORS_MAX} cursors, no more are allowed`,
        {},
      )
    }
    const { name: stream, startOffset, visibleOffset: endOffset } = this.#log
    if (offset <= endOffset) return
    const message = `cursor offset ${offset} is beyond the end offset ${endOffset} of stream "${stream}"`
    const details = { stream, offset, startOffset, endOffset }
    throw new RequestError('OFFSET_OUT_OF_RANGE', message, { details })
  }
}

function assertGeneration(
  name: string,
  expected: number | undefined,
  current: Cursor | undefined,
): void {
  const actual = current?.generation ?? 0
  if (expected === undefined || expected === actual) return
  const message = `cursor "${name}" is at generation ${actual}, expected ${expected}: another consumer committed`
  const details = { cursor: name, expectedGeneration: expected, actualGeneration: actual }
  throw new RequestError('CURSOR_CONFLICT', message, { details })
}

function invalid(message: string, details: Record<string, unknown>): RequestError {
  return new RequestError('INVALID_REQUEST', message, { details })
}
