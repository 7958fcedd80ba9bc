/**
 * A log that another process writes: one stream, open for reading and following.
 *
 * Offers what `Log` offers to readers, on the same readers and iterations. What it says of the stream is
 * as of its last look: it looks when it is asked for something that depends on it, when a reader comes to
 * the tail, when a segment file turns out to be missing, and by a timer while somebody waits.
 *
 * A look is: walk, compare the metadata, publish. In this order, because a writer that was restarted and
 * took records back has said so in the metadata before it appends anything.
 */
import type { BatchView } from '@tailrace/format'
import type { Scheduler } from '../io/scheduler.js'
import type { Gap } from '../log/gap.js'
import { Listeners } from '../log/listeners.js'
import { streamClosed } from '../log/log-errors.js'
import { readBatches, readRecords } from '../log/log-iteration.js'
import type { LogMark } from '../log/log-mark.js'
import { LogReader } from '../log/log-reader.js'
import type {
  FollowOptions,
  LogDescription,
  LogRecord,
  OutOfRange,
  ReadOptions,
  StartPosition,
} from '../log/log-types.js'
import { offsetAtTime } from '../log/seek.js'
import type { RecoveryReport } from '../log/recovery-report.js'
import { resolveStart } from '../log/start-position.js'
import type { StreamConfig } from '../log/stream-config.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { toError } from '../log/to-error.js'
import { isMissingFile, otherEpoch } from './follow-errors.js'
import type { FollowedMetadata } from './followed-metadata.js'
import type { FollowedSegments } from './followed-segments.js'
import type { Polling } from './polling.js'

/** What a read-only log is opened with. */
export interface ReadOnlyLogOptions {
  readonly metadata: FollowedMetadata
  /** Opens the segments; the function it is given looks whether a missing file is one that was given up. */
  readonly openSegments: (onMissingFile: () => void) => FollowedSegments
  readonly polling: Polling
  readonly scheduler: Scheduler
}

/** One stream, open for reading while another process may write it. */
export class ReadOnlyLog implements AsyncDisposable {
  readonly #metadata: FollowedMetadata
  readonly #segments: FollowedSegments
  readonly #polling: Polling
  readonly #scheduler: Scheduler
  readonly #listeners = new Listeners()
  /** The stream as it was opened: another epoch is the end. */
  readonly #opened: StreamMetadata
  #current: StreamMetadata
  #visible: LogMark
  #closed: Error | undefined
  #waiterCount = 0
  #stopWatching: () => void = () => undefined
  #isNotifying = false
  #hasLookedInTurn = false
  /** Those who wait were told that the tail is no end. */
  #isDamageTold = false

  /** Use `ReadOnlyStore.open`. @throws {StorageError} STREAM_CORRUPT, IO_ERROR. */
  constructor(options: ReadOnlyLogOptions) {
    const { metadata, polling, scheduler } = options
    this.#metadata = metadata
    this.#polling = polling
    this.#scheduler = scheduler
    this.#opened = metadata.content
    this.#current = metadata.content
    this.#segments = options.openSegments(() => {
      this.refresh()
    })
    this.#visible = this.#segments.mark
    // What happened while the files were opened.
    this.#look()
    this.#visible = this.#segments.mark
  }

  /** Name of the stream. */
  get name(): string {
    return this.#opened.name
  }

  /** Identity of the stream: 32 hex digits. */
  get streamId(): string {
    return this.#opened.streamId
  }

  /** The incarnation of the stream. */
  get epoch(): number {
    return this.#opened.epoch
  }

  /** The configuration, as of the last look. */
  get config(): StreamConfig {
    return this.#current.config
  }

  /** The first retained record, as of the last look. */
  get startOffset(): number {
    const { startOffset, config } = this.#current
    // A stream may be older than retention by count.
    const { retentionRecords = null } = config as Partial<StreamConfig>
    if (retentionRecords === null) return startOffset
    return Math.max(startOffset, this.#segments.durableOffset - retentionRecords)
  }

  /** Readers see the records below it, as of the last look. */
  get visibleOffset(): number {
    return this.#visible.offset
  }

  /** Ranges whose records were lost to damage and given up by a repair, ascending. */
  get gaps(): readonly Gap[] {
    return this.#current.gaps ?? []
  }

  /**
   * What an opening for writing would find. With damage in it the visible end, as of the last look, is no
   * end: records behind it were durable, and are gone.
   */
  get recovery(): RecoveryReport {
    const { damage } = this.#segments
    return { scannedBytes: 0, rebuilt: [], ...(damage === undefined ? {} : { damage }) }
  }

  /** True once the log was closed, here or because the stream is gone or another one. */
  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /**
   * Looks now; true when more is visible than before. Some 5 µs when nothing happened.
   *
   * @throws {RequestError} EPOCH_MISMATCH when the stream was made anew, or lost records that readers may
   * have seen: open it again. @throws {StorageError} STREAM_CLOSED when it was deleted or this log closed;
   * STREAM_CORRUPT, IO_ERROR. After any of these the log is closed.
   */
  refresh(): boolean {
    const hasAdvanced = this.#refresh()
    if (hasAdvanced) this.#notifySoon()
    return hasAdvanced
  }

  /**
   * The offset of a start position, from the start offset to the visible end. Looks first.
   *
   * @throws {RequestError} OFFSET_OUT_OF_RANGE for an offset outside, or in a gap, unless `clamp` was asked
   * for; and as {@link refresh}.
   */
  resolveOffset(
    from: StartPosition,
    options: { readonly onOutOfRange?: OutOfRange | undefined } = {},
  ): number {
    this.refresh()
    return resolveStart(this, from, options.onOutOfRange ?? 'strict')
  }

  /**
   * The first visible record appended at or after the time; undefined when there is none. Looks first.
   *
   * @throws as {@link refresh}.
   */
  offsetForTimestamp(timestampUs: number): number | undefined {
    this.refresh()
    const found = this.#withPresentFiles(() =>
      offsetAtTime(this.#segments.list, timestampUs, this.#visible),
    )
    if (found === undefined) return undefined
    const offset = Math.max(found, this.startOffset)
    return offset < this.visibleOffset ? offset : undefined
  }

  /**
   * A reader whose first run holds `offset`. When it comes to the tail it looks for more by itself, so that
   * its `next` also throws what {@link refresh} throws; but once a turn, so that a writer that never pauses
   * does not hold this process in a loop.
   */
  reader(offset: number): LogReader {
    const segments = this.#segments
    const recoveryNow = (): RecoveryReport => this.recovery
    const reader: LogReader = new LogReader(
      {
        name: this.name,
        get segments() {
          return segments.list
        },
        get recovery() {
          return recoveryNow()
        },
        startOffset: () => this.startOffset,
        gaps: () => this.gaps,
        visible: () => {
          if (reader.nextOffset >= this.#visible.offset) this.#refreshOnceATurn()
          return this.#visible
        },
        assertReadable: () => {
          this.assertReadable()
        },
      },
      offset,
    )
    return reader
  }

  /**
   * The stored batches from a position to the visible end as of the call, without copying. The same view
   * is handed out for each batch. The first batch may begin before the position.
   *
   * @throws as {@link resolveOffset} and `LogReader.next`.
   */
  batches(options: ReadOptions): Generator<BatchView, void, undefined> {
    return readBatches(this, options)
  }

  /**
   * The records from a position, one by one. Follows the tail if asked to, and keeps the process alive
   * meanwhile.
   *
   * @throws as {@link resolveOffset} and `LogReader.next`; an AbortError when the signal aborts.
   */
  read(options: FollowOptions): AsyncGenerator<LogRecord, void, undefined> {
    return readRecords(this, options)
  }

  /**
   * Calls back when more is visible, once per advance, and when the log was closed. As long as somebody
   * listens, the stream is looked at by a timer.
   */
  onVisible(listener: () => void): () => void {
    const remove = this.#listeners.add(listener)
    if (this.#closed !== undefined) return remove
    this.#waiterCount += 1
    if (this.#waiterCount === 1) this.#stopWatching = this.#polling.watch(this.#polled)
    let isListening = true
    return () => {
      remove()
      if (!isListening) return
      isListening = false
      this.#waiterCount -= 1
      if (this.#waiterCount === 0) this.#stopWatching()
    }
  }

  /**
   * The log in numbers. Looks first. `endOffset` is the visible end: what is not visible is not known here.
   *
   * @throws as {@link refresh}.
   */
  describe(): LogDescription {
    this.refresh()
    const { name, streamId, epoch, createdUs } = this.#opened
    const { list, durableOffset } = this.#segments
    const lastAppendUs = this.#withPresentFiles(() => list.lastAppendTimeUs())
    const { damage } = this.#segments
    return {
      name,
      streamId,
      epoch,
      config: this.config,
      createdUs,
      startOffset: this.startOffset,
      endOffset: this.visibleOffset,
      durableOffset: Math.max(durableOffset, this.startOffset),
      visibleOffset: this.visibleOffset,
      sizeBytes: this.#segments.sizeBytes,
      segmentCount: list.length,
      lastAppendUs: lastAppendUs === 0 ? null : lastAppendUs,
      ...(damage === undefined ? {} : { damage }),
    }
  }

  /** Passes while the log is open. @throws as {@link refresh}. */
  assertReadable(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  /** Lets go of the files. Readers end with STREAM_CLOSED. Idempotent. */
  async close(reason = 'the log was closed'): Promise<void> {
    if (this.#closed === undefined) this.#end(streamClosed(this.name, reason))
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #polled = {
    poll: (): boolean => {
      let hasAdvanced = false
      try {
        hasAdvanced = this.#refresh()
      } catch (error) {
        // Whoever waits was told that the log is closed, and its next call is told why.
        if (error !== this.#closed) throw error
      }
      if (hasAdvanced) this.#listeners.notify()
      return hasAdvanced
    },
  }

  #refreshOnceATurn(): void {
    if (this.#hasLookedInTurn) return
    this.#hasLookedInTurn = true
    this.#scheduler.soon(() => {
      this.#hasLookedInTurn = false
    })
    this.refresh()
  }

  #refresh(): boolean {
    this.assertReadable()
    try {
      this.#look()
    } catch (error) {
      const reason = toError(error)
      this.#end(reason)
      throw reason
    }
    const { mark } = this.#segments
    const hasAdvanced = mark.offset > this.#visible.offset
    this.#visible = mark
    const isDamaged = this.#segments.damage !== undefined
    if (isDamaged && !this.#isDamageTold) this.#notifySoon()
    this.#isDamageTold = isDamaged
    return hasAdvanced
  }

  /** Walks until the metadata stand still: a later start may open the way. */
  #look(): void {
    do this.#segments.advance()
    while (this.#compareMetadata())
  }

  /** Takes over metadata that was replaced; true if it was. */
  #compareMetadata(): boolean {
    const found = this.#metadata.refresh()
    if (found === 'gone') throw streamClosed(this.name, 'the stream was deleted')
    if (found === 'same') return false
    const { content } = this.#metadata
    const { streamId, epoch } = this.#opened
    if (content.streamId !== streamId || content.epoch !== epoch) {
      throw otherEpoch(this.#opened, content)
    }
    this.#current = content
    this.#segments.take(content)
    return true
  }

  /** Does it again when a file was missing because retention has moved the start meanwhile. */
  #withPresentFiles<T>(action: () => T): T {
    for (;;) {
      const known = this.#current
      try {
        return action()
      } catch (error) {
        if (!isMissingFile(error) || this.#current === known) throw error
      }
    }
  }

  #end(reason: Error): void {
    this.#closed = reason
    this.#stopWatching()
    this.#segments.close()
    this.#listeners.notify()
  }

  #notifySoon(): void {
    if (this.#isNotifying) return
    this.#isNotifying = true
    this.#scheduler.soon(() => {
      this.#isNotifying = false
      this.#listeners.notify()
    })
  }
}
