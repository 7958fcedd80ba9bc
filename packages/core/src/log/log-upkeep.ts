/**
 * What happens to a log behind the appends: sealed segments are cut to size and indexed, the producer
 * table is written down, retention and trimming move the start.
 *
 * Exists apart from the log because all of it is asynchronous and strictly one job after another, while
 * appending is synchronous. A failed job is reported; none of them endangers what is stored: an uncut
 * segment is cut at the next opening, an unremoved one is removed then.
 */
import { END_MARKER_BYTES, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { JobQueue } from '../io/job-queue.js'
import { writeIndexFile } from '../segments/segment-loader.js'
import type { Segment } from '../segments/segment.js'
import { writeInPlaceOfIndexes } from '../storage/full-disk.js'
import { Checkpointer } from './checkpointer.js'
import { isContinued } from './gap.js'
import type { GroupCommit } from './group-commit.js'
import { endUnreached, isStreamClosed, offsetOutOfRange } from './log-errors.js'
import type { LogMark } from './log-mark.js'
import type { LogOptions } from './log-options.js'
import { retentionStart } from './retention.js'
import { removeSegmentFiles } from './segment-files.js'
import type { SegmentList } from './segment-list.js'
import type { SegmentWriter } from './segment-writer.js'
import { withStartOffset, writeStreamMetadata } from './stream-metadata.js'
import type { StreamMetadata } from './stream-metadata.js'

/** The parts of the log that upkeep works on. */
export interface LogParts {
  readonly segments: SegmentList
  readonly writer: SegmentWriter
  readonly commit: GroupCommit
  /** True while the log may be changed: open, undamaged, not poisoned. */
  readonly isWritable: () => boolean
}

/** The jobs behind the appends of one log, one after another. */
export class LogUpkeep {
  readonly #options: LogOptions & LogParts
  readonly #checkpointer: Checkpointer
  readonly #jobs: JobQueue
  #metadata: StreamMetadata
  /** Segments that are to be cut to size. */
  #uncutCount = 0
  /** The end of the last commit that settled a segment: the log itself notes it a moment later. */
  #settledOffset = 0

  constructor(options: LogOptions, parts: LogParts) {
    this.#options = { ...options, ...parts }
    this.#metadata = options.metadata
    const { storage, directory, producers, recovered } = options
    this.#checkpointer = new Checkpointer({
      storage,
      directory,
      producers,
      streamId: options.metadata.streamId,
      checkpointBytes: options.limits.checkpointBytes,
      from: { segment: parts.segments.last, position: recovered.checkpointPosition },
    })
    this.#jobs = new JobQueue((error) => {
      // A job that waited for a commit of a log that is discarded has not failed.
      if (!isStreamClosed(error)) options.onBackgroundError(error)
    })
  }

  /** The metadata with the start offset in force. */
  get metadata(): StreamMetadata {
    return this.#metadata
  }

  /** A commit: syncs everything up to the mark, the end of the log, and takes on what is to be done then. */
  async syncUpTo(mark: LogMark): Promise<void> {
    const taken = this.#checkpointer.take(mark)
    this.settle(await this.#options.writer.syncUpTo(mark), mark.offset)
    if (taken === undefined) return
    this.#jobs.push(async () => {
      if (this.#options.isWritable()) await this.#checkpointer.write(taken)
    })
  }

  /** Takes on segments that are sealed and wholly durable, as are all records below the offset. */
  settle(
    segments: readonly Segment[],
    durableOffset: number,
    from: 'rolled' | 'found' = 'rolled',
  ): void {
    if (segments.length === 0) return
    this.#settledOffset = durableOffset
    this.#jobs.push(() => this.#noteEnd())
    // Those that an opening has found may be many, and nobody is to wait for them.
    const counted = from === 'rolled' ? 1 : 0
    this.#uncutCount += counted * segments.length
    for (const segment of segments) {
      this.#jobs.push(async () => {
        try {
          await this.#cutToSize(segment)
        } finally {
          this.#uncutCount -= counted
        }
      })
    }
    this.#jobs.push(() => this.#writeProducers())
    this.#jobs.push(() => this.#retain())
  }

  /** Segments that are still to be cut to size; those of which that failed are left to the next opening. */
  get uncutCount(): number {
    return this.#uncutCount
  }

  /** Resolves when what was rolled is durable and cut to size, as far as it can be. @throws {StorageError} */
  async cutRolled(): Promise<void> {
    await this.#options.commit.flush()
    await this.#jobs.idle()
  }

  /** Queues what a crash came before: the note of the end, the removal of segments below the start. */
  catchUp(): void {
    if (this.#isEndUnnoted) this.#jobs.push(() => this.#noteEnd())
    const { startOffset } = this.#metadata
    const { segments } = this.#options
    if (segments.length === 1 || segments.at(1).baseOffset > startOffset) return
    this.#jobs.push(async () => {
      await this.#prepareRemoval()
      await this.#removeBelow(startOffset)
    })
  }

  /** Applies retention as of now. @throws {StorageError} IO_ERROR, NO_SPACE. */
  async applyRetention(): Promise<void> {
    this.#writeIndexesAnew()
    const { retentionBytes, retentionMs, retentionRecords } = this.#metadata.config
    // Ten thousand streams are asked in one turn, most of which keep everything.
    if ((retentionBytes ?? retentionMs ?? retentionRecords) === null) await this.#jobs.idle()
    else await this.#jobs.run(() => this.#retain())
  }

  /** Moves the start to `offset`. @throws {RequestError} OFFSET_OUT_OF_RANGE beyond the durable offset. */
  async trim(offset: number): Promise<void> {
    const { name, startOffset } = this.#metadata
    const { offset: endOffset } = this.#options.commit.durable
    if (offset > endOffset) throw offsetOutOfRange(offset, { stream: name, startOffset, endOffset })
    await this.#jobs.run(() => this.#advanceStart(offset))
  }

  /** Writes down the producer table as of now, once the records it speaks of are durable. */
  async #writeProducers(): Promise<void> {
    const { producers, commit, writer, segments } = this.#options
    // That there are none is worth a note too, once an opening would walk more than one segment for them, or
    // could not, because the first ones were removed.
    if (producers.size === 0 && segments.length === 1 && segments.first.baseOffset === 0) return
    const snapshot = {
      offset: writer.endMark().offset,
      producers: producers.snapshot(),
    }
    await commit.flush()
    await this.#checkpointer.writeProducers(snapshot)
  }

  /**
   * The last commit, then one more sync for the note of how far it reached, and what spares the next opening
   * some work; few streams at a time. @throws {StorageError} STREAM_POISONED, IO_ERROR, NO_SPACE.
   */
  async settleForGood(): Promise<void> {
    const { commit, writer, syncSlots } = this.#options
    await commit.flush()
    await this.idle()
    await syncSlots.run(async () => {
      writer.noteRecoveryPoint(commit.durable, this.#metadata.epoch)
      if (!writer.active.isPointDurable) await writer.active.sync()
      await this.#noteStop()
    })
  }

  /** That it fails, on a full disk, loses nothing. Everything is durable by now. */
  async #noteStop(): Promise<void> {
    const { writer, onBackgroundError } = this.#options
    const taken = this.#checkpointer.take(writer.endMark(), 'stop')
    if (taken === undefined) await this.#writeProducers().catch(onBackgroundError)
    else await this.#checkpointer.write(taken).catch(onBackgroundError)
    await this.#noteClosed().catch(onBackgroundError)
  }

  /**
   * Notes the clean stop of a relaxed stream: nothing that readers saw can be lost any more. And the end, of
   * any stream of which that is still to be done.
   */
  async #noteClosed(): Promise<void> {
    const { openSinceBoot, ...closed } = this.#metadata
    if (openSinceBoot === undefined && !this.#isEndUnnoted) return
    this.#metadata = { ...closed, durableOffset: this.#durableOffset }
    await writeStreamMetadata(this.#options.storage, this.#options.directory, this.#metadata)
  }

  /** Every record below it has survived a sync. */
  get #durableOffset(): number {
    return Math.max(this.#settledOffset, this.#options.commit.durable.offset)
  }

  /**
   * True when the newest segment with durable records could vanish and what is left would look whole. The
   * first segment cannot: a stream without one is not opened.
   */
  get #isEndUnnoted(): boolean {
    const { segments } = this.#options
    const index = segments.indexOf(this.#durableOffset - 1)
    return index > 0 && (this.#metadata.durableOffset ?? 0) <= segments.at(index).baseOffset
  }

  /** Notes how far the log is durable, beside the segments. Failed for want of space, the next roll tries again. */
  async #noteEnd(): Promise<void> {
    const { storage, directory, isWritable } = this.#options
    if (!isWritable() || !this.#isEndUnnoted) return
    const metadata = { ...this.#metadata, durableOffset: this.#durableOffset }
    await writeStreamMetadata(storage, directory, metadata)
    this.#metadata = metadata
  }

  /** Index files that were found to be of no use: without new ones each opening would cost a scan. */
  #writeIndexesAnew(): void {
    const { rebuilt } = this.#options
    for (const segment of rebuilt) this.#jobs.push(() => this.#cutToSize(segment))
    rebuilt.clear()
  }

  /** Resolves when no job is left. */
  idle(): Promise<void> {
    return this.#jobs.idle()
  }

  /**
   * Cuts a segment behind everything that a reader in another process may have been shown: it would end
   * at a page that is gone. The index is written last: where it is, the segment was cut.
   */
  async #cutToSize(segment: Segment): Promise<void> {
    const { storage, directory, segments } = this.#options
    if (segment.isClosed) return
    const { dataEnd, endOffset } = segment.extent()
    const nextOffset = segments.after(segment)?.baseOffset
    const gaps = this.#metadata.gaps ?? []
    // Damaged: what lies behind the damage is durable too, and waits for a repair.
    if (nextOffset === undefined || !isContinued(gaps, endOffset, nextOffset))
      throw endUnreached(segment, nextOffset)
    const sizeBytes = Math.max(dataEnd, segment.shownEnd) + END_MARKER_BYTES
    try {
      await storage.resize(`${directory}/${segment.fileName}`, sizeBytes)
      segment.sizeBytes = sizeBytes
      await writeIndexFile(storage, directory, segment)
    } finally {
      // Also where it failed: descriptors are few. The next opening cuts it, a reader finds its end by a scan.
      segment.release()
    }
  }

  async #retain(): Promise<void> {
    const { clock, segments, commit, isWritable } = this.#options
    if (!isWritable()) return
    const nowUs = clock.nowUs()
    await this.#rollExpired(nowUs)
    const retained = segments.all.map((segment) => ({
      baseOffset: segment.baseOffset,
      sizeBytes: segment.sizeBytes,
      lastAppendTimeUs: () => segment.extent().lastAppendTimeUs,
    }))
    const start = retentionStart(retained, this.#metadata.config, nowUs)
    const target = Math.max(start ?? 0, this.#startByCount())
    if (target > commit.durable.offset) await commit.flush()
    await this.#advanceStart(Math.min(target, commit.durable.offset))
  }

  /** The last segment whose records are all too many; to the record, the log's start says it. */
  #startByCount(): number {
    const { segments, commit } = this.#options
    const { retentionRecords } = this.#metadata.config
    if (retentionRecords === null) return 0
    return segments.at(segments.indexOf(commit.durable.offset - retentionRecords)).baseOffset
  }

  /** A stream that is no longer written still has to give up its last records in time. */
  async #rollExpired(nowUs: number): Promise<void> {
    const { writer, isWritable } = this.#options
    const { retentionMs } = this.#metadata.config
    const { batchCount, lastAppendTimeUs } = writer.active.extent()
    if (retentionMs === null || batchCount === 0) return
    if (lastAppendTimeUs >= nowUs - retentionMs * 1000) return
    await writer.prepareNext()
    if (isWritable() && writer.canRoll) writer.roll()
  }

  /** Durably moves the start, then removes the segments below it. */
  async #advanceStart(offset: number): Promise<void> {
    if (offset <= this.#metadata.startOffset) return
    const { storage, directory, segments } = this.#options
    if (segments.first.extent().endOffset <= offset) await this.#prepareRemoval()
    const metadata = withStartOffset(this.#metadata, offset)
    // In force only once it is on disk: where that failed, the next attempt finds all of it still to do.
    await writeStreamMetadata(storage, directory, metadata)
    this.#metadata = metadata
    await this.#removeBelow(offset)
  }

  async #removeBelow(offset: number): Promise<void> {
    const { storage, directory, segments } = this.#options
    for (const segment of segments.removeBelow(offset)) {
      segment.close()
      await removeSegmentFiles(storage, directory, segment.baseOffset)
    }
  }

  /**
   * What is removed must not be what recovery would need: the segment that becomes the first one has to
   * be on disk, header and name, and so has what the log knows of producers from the records that go.
   */
  async #prepareRemoval(): Promise<void> {
    const { commit, writer, storage, directory } = this.#options
    await commit.flush()
    const { active } = writer
    await active.named
    // Waking it may fail, too: it rests because all of it is durable, and nothing is lost then.
    active.open()
    try {
      await active.sync()
    } catch (error) {
      // What was appended meanwhile may have been in the pages that were lost with it.
      commit.fail(error)
      throw error
    }
    // No commit says that of one without a batch, and it would never rest.
    if (active === writer.active && active.extent().batchCount === 0)
      active.noteDurable(SEGMENT_HEADER_BYTES)
    await writeInPlaceOfIndexes(storage, directory, () => this.#writeProducers())
  }
}
