/**
 * A log: one stream, open for appending and reading.
 *
 * Ties together the writing end, group commit, recovery's outcome, producers, retention and readers: this
 * file decides in which order they act. What changes the end of the log is synchronous: no appends interleave.
 *
 * Invariants: startOffset ≤ durableOffset ≤ visibleOffset ≤ endOffset in relaxed mode; visibleOffset =
 * durableOffset in fsync mode. After a failure nothing is appended and nothing more becomes durable.
 */
import { BatchView, checkProducedBatch } from '@tailrace/format'
import type { StorageError, TailraceError } from '@tailrace/format'
import { producerIdOf, type ProducerIdentity } from '../producers/producer-id.js'
import type { ProducerHandle, ProducerTable } from '../producers/producer-table.js'
import { CursorStore } from '../cursors/cursor-store.js'
import { AppendQueue } from './append-queue.js'
import type { Gap } from './gap.js'
import { GroupCommit } from './group-commit.js'
import { Listeners } from './listeners.js'
import { describeLog, duplicateResult } from './log-description.js'
import { readBatches, readRecords } from './log-iteration.js'
import type { LogMark } from './log-mark.js'
import {
  damageError,
  expectedOffsetMismatch,
  streamClosed,
  wrongBatchLength,
} from './log-errors.js'
import type { LogOptions } from './log-options.js'
import { LogReader } from './log-reader.js'
import type {
  AppendOptions,
  AppendResult,
  FollowOptions,
  LogDescription,
  LogRecord,
  OutOfRange,
  ReadOptions,
  RecordInput,
  StartPosition,
} from './log-types.js'
import { LogUpkeep } from './log-upkeep.js'
import { PointSync } from './point-sync.js'
import { RecordAppends } from './record-appends.js'
import type { CollectedWaiter } from './record-collector.js'
import { unsyncedBytesMaxOf } from './recovery-limits.js'
import type { RecoveryReport } from './recovery-report.js'
import { rolledSegmentsMax, segmentBytesMax } from './retention.js'
import { offsetAtTime } from './seek.js'
import { SegmentList } from './segment-list.js'
import { SegmentWriter } from './segment-writer.js'
import { requireCount, resolveStart } from './start-position.js'
import type { StreamConfig } from './stream-config.js'

/** One stream, open for appending and reading. Made by a {@link Store}. */
export class Log {
  readonly #options: LogOptions
  readonly #segments: SegmentList
  readonly #writer: SegmentWriter
  readonly #commit: GroupCommit
  readonly #producers: ProducerTable
  readonly #upkeep: LogUpkeep
  readonly #appends: AppendQueue
  readonly #records: RecordAppends
  readonly #pointSync: PointSync
  readonly #cursors: CursorStore
  readonly #visibleListeners = new Listeners()
  readonly #durableListeners = new Listeners()
  #lastAppendTimeUs: number
  #damage: TailraceError | undefined
  #closed: StorageError | undefined
  #closing: Promise<void> | undefined

  constructor(options: LogOptions) {
    const { storage, directory, metadata, recovered, loader, cache, clock, scheduler } = options
    const isRelaxed = metadata.config.durability === 'relaxed'
    this.#options = options
    this.#producers = options.producers
    this.#segments = new SegmentList(recovered.segments)
    this.#writer = new SegmentWriter(
      {
        storage,
        directory,
        identity: { streamId: metadata.streamId, epoch: metadata.epoch },
        segmentBytesMax: segmentBytesMax(metadata.config),
        areZerosWritten: !isRelaxed,
        onWriteFailed: (error) => this.#commit.fail(error),
        unsyncedBytesMax: unsyncedBytesMaxOf(options.limits, metadata.config),
        extendReach: async () => {
          this.#assertWritable()
          await this.#pointSync.extend()
        },
        rolledMax: rolledSegmentsMax(metadata.config),
        upkeep: () => this.#upkeep,
        loader,
        cache,
        activeMappings: options.activeMappings,
        nowUs: () => clock.nowUs(),
        onRoll: (active, place) => {
          this.#segments[place === 'behind' ? 'push' : 'replaceLast'](active)
          // Retention gives up only what is durable: a bound on bytes cannot wait for the interval.
          if (metadata.config.retentionBytes !== null || this.#writer.isCommitDue)
            this.#commit.hurry()
        },
        onBackgroundError: options.onBackgroundError,
      },
      this.#segments.last,
    )
    const end = this.#writer.endMark()
    this.#lastAppendTimeUs = this.#segments.lastAppendTimeUs()
    this.#commit = new GroupCommit(
      {
        scheduler,
        slots: options.syncSlots,
        delayMs: isRelaxed ? metadata.config.flushIntervalMs : 0,
        endMark: () => this.#writer.endMark(),
        syncUpTo: (mark) => this.#upkeep.syncUpTo(mark),
        onSettled: () => this.#settle(),
      },
      end,
    )
    const parts = {
      segments: this.#segments,
      writer: this.#writer,
      commit: this.#commit,
      isWritable: () => this.failure === undefined,
    }
    this.#pointSync = new PointSync(options, parts)
    this.#upkeep = new LogUpkeep(options, parts)
    this.#appends = new AppendQueue({
      hasRoomFor: (length) => this.#writer.hasRoomFor(length),
      makeRoom: (length) => this.makeRoom(length),
      appendBatch: (batch, appendOptions) => this.appendBatch(batch, appendOptions),
      isRelaxed,
      durableOffset: () => this.durableOffset,
    })
    this.#records = new RecordAppends(
      {
        hasRoomFor: (length) => this.#writer.hasRoomFor(length),
        appendCollected: (batch, waiters) => this.#appendCollected(batch, waiters),
        assertWritable: () => this.#assertWritable(),
      },
      this.#appends,
      options.collector,
    )
    this.#cursors = new CursorStore({ storage, directory }, this, clock)
    this.#damage = damageError(metadata.name, recovered.report)
    if (this.#damage === undefined) this.#writer.noteRecoveryPoint(end, metadata.epoch)
    if (this.#damage === undefined) this.#upkeep.catchUp()
    this.#upkeep.settle(recovered.uncut, end.offset, 'found')
  }

  /** Name of the stream. */
  get name(): string {
    return this.#upkeep.metadata.name
  }

  /** Identity of the stream: 32 hex digits. */
  get streamId(): string {
    return this.#upkeep.metadata.streamId
  }

  /** The incarnation of the stream. */
  get epoch(): number {
    return this.#upkeep.metadata.epoch
  }

  /** The configuration in force. */
  get config(): StreamConfig {
    return this.#upkeep.metadata.config
  }

  /** The first retained record. */
  get startOffset(): number {
    const { startOffset, config } = this.#upkeep.metadata
    const { retentionRecords } = config
    if (retentionRecords === null) return startOffset
    // To the record and at once; the files follow when the log is next tidied up.
    return Math.max(startOffset, this.durableOffset - retentionRecords)
  }

  /** The offset that is assigned next. */
  get endOffset(): number {
    this.#options.collector.flush()
    return this.#writer.endOffset
  }

  /** Every record below it has survived a sync. */
  get durableOffset(): number {
    return this.#commit.durable.offset
  }

  /** Readers see the records below it. */
  get visibleOffset(): number {
    return this.#visible.offset
  }

  /** Ranges whose records were lost to damage and given up by a repair, ascending. */
  get gaps(): readonly Gap[] {
    return this.#upkeep.metadata.gaps ?? []
  }

  /** What recovery found when the log was opened. */
  get recovery(): RecoveryReport {
    return this.#options.recovered.report
  }

  /** Why nothing can be appended any more: damage, a failed write or sync, or the log is closed. */
  get failure(): TailraceError | undefined {
    return this.#closed ?? this.#damage ?? this.#commit.failure
  }

  /** True once the log was closed or deleted. */
  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /**
   * Appends records as one batch: all of them or none, at consecutive offsets. Records that are appended
   * one by one, without waiting in between, share batches.
   *
   * Resolves when the durability of the stream is met: after a sync in `fsync` mode, at once in
   * `relaxed` mode. The input is copied before the call returns. Calls are appended in call order.
   *
   * @throws {RequestError} EXPECTED_OFFSET_MISMATCH; BATCH_TOO_LARGE above 16 MiB.
   * @throws {StorageError} NO_SPACE (nothing was appended; try again once there is space),
   * STREAM_POISONED, STREAM_CORRUPT, STREAM_CLOSED.
   * @throws {RangeError} for an empty list of records.
   */
  append(
    records: RecordInput | readonly RecordInput[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    return this.#records.append(records, options)
  }

  /** True when {@link appendBatch} can take a batch of this length now. */
  hasRoomFor(batchLength: number): boolean {
    this.#options.collector.flush()
    return this.#writer.hasRoomFor(batchLength)
  }

  /**
   * Resolves when there is room for a batch of this length, which may mean that a segment file is
   * prepared first. Another caller may take the room: ask {@link hasRoomFor} again.
   *
   * @throws {RequestError} BATCH_TOO_LARGE when there never can be.
   * @throws {StorageError} NO_SPACE, IO_ERROR, STREAM_POISONED, STREAM_CORRUPT, STREAM_CLOSED.
   */
  async makeRoom(batchLength: number): Promise<void> {
    this.#options.collector.flush()
    this.#assertWritable()
    await this.#writer.makeRoom(batchLength)
    this.#assertWritable()
  }

  /**
   * Appends a batch as a producer built it; the hot path of servers. Synchronous: the bytes are copied
   * before it returns. Whether the records are durable is for {@link onDurable} to say.
   *
   * The batch must be valid (`inspectProducedBatch`) unless `check` is set. A batch with a producer id
   * must come from {@link openProducer}.
   *
   * @throws {RequestError} EXPECTED_OFFSET_MISMATCH, FENCED, OUT_OF_SEQUENCE.
   * @throws {StorageError} STREAM_POISONED, STREAM_CORRUPT, STREAM_CLOSED.
   * @throws {FormatError} with `check`, when the batch is not valid; when it is not as long as the bytes.
   * @throws {Error} when there is no room: our caller's bug.
   */
  appendBatch(
    batch: Uint8Array,
    options: AppendOptions & { readonly check?: boolean | undefined } = {},
  ): AppendResult {
    this.#options.collector.flush()
    this.#assertWritable()
    if (options.check === true) checkProducedBatch(batch, 0, batch.length)
    // Not kept: it would hold on to the message that the batch came in.
    const view = new BatchView(batch)
    if (view.batchLength !== batch.length) throw wrongBatchLength(view.batchLength, batch.length)
    return this.#append(view, batch, options)
  }

  #appendCollected(batch: Uint8Array, waiters: readonly CollectedWaiter[]): void {
    this.#assertWritable()
    this.#appends.tellEach(this.#append(new BatchView(batch), batch, {}).baseOffset, waiters)
  }

  #append(view: BatchView, batch: Uint8Array, { expectedOffset }: AppendOptions): AppendResult {
    const { producerId, recordCount } = view
    if (producerId !== 0) {
      const duplicate = this.#producers.duplicateOffset(view)
      if (duplicate !== undefined) return duplicateResult(duplicate, recordCount)
    }
    const baseOffset = this.#writer.endOffset
    if (expectedOffset !== undefined && expectedOffset !== baseOffset) {
      throw expectedOffsetMismatch(this.name, expectedOffset, baseOffset)
    }
    const nextOffset = baseOffset + recordCount
    if (nextOffset > Number.MAX_SAFE_INTEGER) throw new Error('a stream ends at offset 2^53 − 1')
    const appendTimeUs = Math.max(this.#lastAppendTimeUs, this.#options.clock.nowUs())
    this.#writer.append(batch, { baseOffset, nextOffset, appendTimeUs, epoch: this.epoch })
    this.#lastAppendTimeUs = appendTimeUs
    if (producerId !== 0) this.#producers.note(view, baseOffset)
    this.#commit.noteAppended()
    if (this.config.durability === 'relaxed')
      this.#visibleListeners.notifySoon(this.#options.scheduler)
    return { baseOffset, endOffset: nextOffset, isDuplicate: false }
  }

  /**
   * Opens a producer, whose batches are then stored once however often they are sent. Opening it again
   * fences what was opened before.
   *
   * @param identity - a name; or the id of an anonymous producer that goes on; or neither for a new one.
   * @throws {RequestError} INVALID_REQUEST for a name that is empty or longer than 255 characters.
   */
  openProducer(identity: ProducerIdentity = {}): ProducerHandle {
    this.#assertWritable()
    return this.#producers.open(producerIdOf(identity))
  }

  /**
   * The offset of a start position, from the start offset to the visible end.
   *
   * `{ last: n }` of a shorter stream is its start; a time after the last record is the visible end.
   *
   * @throws {RequestError} OFFSET_OUT_OF_RANGE for an offset outside, unless `clamp` was asked for.
   * @throws {StorageError} STREAM_CORRUPT for one behind the damage that the log can be read up to.
   */
  resolveOffset(
    from: StartPosition,
    options: { readonly onOutOfRange?: OutOfRange | undefined } = {},
  ): number {
    this.assertReadable()
    return resolveStart(this, from, options.onOutOfRange ?? 'strict')
  }

  /** The first visible record appended at or after the time; undefined when there is none. */
  offsetForTimestamp(timestampUs: number): number | undefined {
    this.assertReadable()
    const found = offsetAtTime(this.#segments, timestampUs, this.#visible)
    if (found === undefined) return undefined
    const offset = Math.max(found, this.startOffset)
    return offset < this.visibleOffset ? offset : undefined
  }

  /** A reader whose first run holds `offset`. */
  reader(offset: number): LogReader {
    const log = {
      name: this.name,
      segments: this.#segments,
      startOffset: () => this.startOffset,
      gaps: () => this.gaps,
      visible: () => this.#visible,
      recovery: this.recovery,
      assertReadable: () => this.assertReadable(),
    }
    return new LogReader(log, offset)
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
   * The records from a position, one by one. Follows the tail if asked to.
   *
   * @throws as {@link resolveOffset} and `LogReader.next`; an AbortError when the signal aborts.
   */
  read(options: FollowOptions): AsyncGenerator<LogRecord, void, undefined> {
    return readRecords(this, options)
  }

  /** The cursors of the stream's consumers. */
  get cursors(): CursorStore {
    return this.#cursors
  }

  /** Calls back when the visible offset has advanced, once per advance, and when the log was closed. */
  onVisible(listener: () => void): () => void {
    return this.#visibleListeners.add(listener)
  }

  /** Calls back when the durable offset has advanced, and when {@link failure} was set. */
  onDurable(listener: () => void): () => void {
    return this.#durableListeners.add(listener)
  }

  /** Resolves when everything appended before the call is durable. @throws {StorageError} STREAM_POISONED. */
  async flush(): Promise<void> {
    this.#options.collector.flush()
    await this.#commit.flush()
  }

  /**
   * Gives up the records below an offset. Whole segments below it are removed; the new start is durable
   * when it resolves. An offset at or below the start does nothing.
   *
   * @returns the start offset.
   * @throws {RequestError} OFFSET_OUT_OF_RANGE beyond the durable offset; INVALID_REQUEST.
   * @throws {StorageError} NO_SPACE, IO_ERROR (nothing was given up), STREAM_POISONED, STREAM_CORRUPT, STREAM_CLOSED.
   */
  async trim(beforeOffset: number): Promise<number> {
    this.#assertWritable()
    await this.#upkeep.trim(requireCount('beforeOffset', beforeOffset))
    return this.startOffset
  }

  /** Applies retention by bytes and age as of now. Called after a roll and from time to time. */
  async applyRetention(): Promise<void> {
    if (this.failure !== undefined) return
    await this.#upkeep.applyRetention()
  }

  /** The log in numbers. */
  describe(): LogDescription {
    this.#options.collector.flush()
    return describeLog(this, this.#upkeep.metadata, this.#segments, this.#lastAppendTimeUs)
  }

  /**
   * Syncs, writes down what makes the next opening fast, and lets go of the files. Readers end with
   * STREAM_CLOSED. Idempotent.
   *
   * @throws {StorageError} when the last sync fails; the log is closed all the same.
   */
  close(reason = 'the log was closed'): Promise<void> {
    this.#closing ??= this.#shutDown(streamClosed(this.name, reason), 'kept')
    return this.#closing
  }

  /**
   * As {@link close}, for a stream that is about to be deleted: nothing more is synced or written down, and
   * what waits for a sync is not acknowledged. Opening it again finds what a killed process leaves.
   */
  discard(reason: string): Promise<void> {
    this.#closing ??= this.#shutDown(streamClosed(this.name, reason), 'discarded')
    return this.#closing
  }

  async #shutDown(closed: StorageError, what: 'kept' | 'discarded'): Promise<void> {
    this.#options.collector.flush()
    this.#closed = closed
    try {
      await this.#appends.idle()
      // Jobs under way may wait for a commit.
      if (what === 'discarded') await this.#upkeep.idle()
      else if ((this.#damage ?? this.#commit.failure) === undefined)
        await this.#upkeep.settleForGood()
    } finally {
      if (what === 'discarded') this.#commit.end(closed)
      await this.#pointSync.stop()
      await this.#commit.idle()
      await this.#upkeep.idle()
      await this.#cursors.idle()
      await this.#writer.close().catch(this.#options.onBackgroundError)
      for (const segment of this.#segments.all) segment.close()
      this.#appends.fail(closed)
      this.#visibleListeners.notify()
      this.#durableListeners.notify()
    }
  }

  get #visible(): LogMark {
    if (this.config.durability !== 'relaxed') return this.#commit.durable
    this.#options.collector.flush()
    return this.#writer.endMark()
  }

  /** A commit has ended, well or not. */
  #settle(): void {
    const { failure, durable } = this.#commit
    if (failure === undefined) {
      // Before anyone is told: other processes see no further than the point (docs/adr/0014). If only this write
      // fails, durable appends are rejected as not known to be; that is the safe side, and an opening finds them.
      this.#writer.noteRecoveryPoint(durable, this.epoch)
      this.#pointSync.noted()
      this.#appends.settle(durable.offset)
    } else {
      this.#appends.fail(failure)
    }
    this.#durableListeners.notify()
    if (this.config.durability === 'fsync') this.#visibleListeners.notify()
  }

  #assertWritable(): void {
    const { failure } = this
    if (failure !== undefined) throw failure
  }

  /** Passes while the log is open. @throws {StorageError} STREAM_CLOSED. */
  assertReadable(): void {
    if (this.#closed !== undefined) throw this.#closed
  }
}
