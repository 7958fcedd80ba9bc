/**
 * The writing end of a log: the active segment, the roll to the next one, and what a commit must sync.
 *
 * Rolling stays on the event loop and waits for no disk: the next file was prepared, its header is written
 * as appends are, and it takes batches at once. Giving it its name is asynchronous; a commit waits for that,
 * and recovery finds a segment under its prepared name too.
 *
 * Does not know durability modes or producers.
 */
import {
  BATCH_LENGTH_MAX,
  encodeSegmentHeader,
  END_MARKER_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  StorageError,
} from '@tailrace/format'
import { Segment } from '../segments/segment.js'
import type { BatchPlace, SegmentLoader } from '../segments/segment.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import { SegmentPreparer } from '../segments/segment-preparer.js'
import { overwrite } from '../storage/overwrite.js'
import type { Storage, StorageFile } from '../storage/storage-port.js'
import { batchTooLarge } from './log-errors.js'
import type { LogMark } from './log-mark.js'

/** Size of the first segment of a stream; each next one doubles up to the configured maximum. */
export const FIRST_SEGMENT_BYTES = 64 * 1024

/** The next file is prepared once one part in this many of the active one is used. */
const PREPARE_AT_SHARE = 8

/** 32 MiB/s, at which a commit of half a millisecond covers several blocks. */
const FAST_BYTES_PER_US = 33.5
/** Of smaller files all blocks are soon written anyway. */
const FAST_FILE_BYTES_MIN = 1024 * 1024

/** What identifies the segments of a stream. */
export interface SegmentIdentity {
  /** 32 hex digits. */
  readonly streamId: string
  readonly epoch: number
}

/** What becomes of rolled segments. */
export interface SegmentUpkeep {
  /** Segments that are durable and still to be cut to size. */
  readonly uncutCount: number
  /** Resolves when what was rolled is durable and cut to size, as far as it can be. @throws {StorageError} */
  cutRolled(): Promise<void>
}

/** What a writer is made with. */
export interface SegmentWriterOptions {
  readonly storage: Storage
  readonly directory: string
  readonly identity: SegmentIdentity
  readonly segmentBytesMax: number
  /** Whether files are prepared with zeros, for small commits, as long as the writer is not fast. */
  readonly areZerosWritten: boolean
  /** A write has failed, of which any part may lie behind the end. Returns what is told to those who append. */
  readonly onWriteFailed: (error: StorageError) => Error
  /** How far the log may be written behind its durable recovery point, in bytes (docs/adr/0016). */
  readonly unsyncedBytesMax: number
  /** Makes the recovery point durable, which is now further behind than that. @throws {StorageError} */
  readonly extendReach: () => Promise<void>
  /** So many rolled segments may wait for a sync and to be cut: beyond, appends wait for them. */
  readonly rolledMax: number
  /** What comes after the writer with the segments that it has rolled. */
  readonly upkeep: () => SegmentUpkeep
  readonly loader: SegmentLoader
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
  readonly nowUs: () => number
  /** A new active segment: behind the last one, or in the place of it if nothing was in that. */
  readonly onRoll: (active: Segment, place: 'behind' | 'instead') => void
  /** A preparation or naming in the background failed; the next append that needs it meets the error. */
  readonly onBackgroundError: (error: unknown) => void
}

/** Appends to the active segment and rolls to the next. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  readonly #preparer: SegmentPreparer
  #active: Segment
  /** When this process began to write the active segment, and where. */
  #activeSince: { readonly us: number; readonly position: number }
  /** Set while preparing ahead has failed: only an append that needs the room tries again. */
  #isAheadFailed = false
  /** Sealed, but not yet synced and cut to size. */
  #unsettled: Segment[] = []

  constructor(options: SegmentWriterOptions, active: Segment) {
    this.#options = options
    const { storage, directory, nowUs } = options
    this.#preparer = new SegmentPreparer(storage, directory)
    this.#active = active
    this.#activeSince = { us: nowUs(), position: active.extent().dataEnd }
  }

  /** The segment that is being written. */
  get active(): Segment {
    return this.#active
  }

  /** The offset that is assigned next. */
  get endOffset(): number {
    return this.#active.extent().endOffset
  }

  /** Where the log ends. */
  endMark(): LogMark {
    const { endOffset, dataEnd, lastAppendTimeUs } = this.#active.extent()
    return {
      offset: endOffset,
      segment: this.#active,
      position: dataEnd,
      appendTimeUs: lastAppendTimeUs,
    }
  }

  /** True when a batch of this length can be appended now, by rolling if need be. */
  hasRoomFor(batchLength: number): boolean {
    if (this.#active.hasRoomFor(batchLength)) return this.#isWithinReach(batchLength)
    return (
      this.#rolledCount < this.#options.rolledMax &&
      this.#preparer.readyBytes >= needed(batchLength)
    )
  }

  /** True when rolled segments wait that a commit should not leave waiting for long. */
  get isCommitDue(): boolean {
    return this.#unsettled.length >= this.#options.rolledMax / 2
  }

  /** Resolves when there is room, or never will be: after a close. @throws {StorageError} NO_SPACE or IO_ERROR. */
  async makeRoom(batchLength: number): Promise<void> {
    if (!(batchLength <= BATCH_LENGTH_MAX)) throw batchTooLarge(batchLength)
    while (!this.#preparer.isClosed && !this.hasRoomFor(batchLength)) {
      if (this.#active.hasRoomFor(batchLength)) {
        await this.#options.extendReach()
        continue
      }
      if (this.#rolledCount >= this.#options.rolledMax) {
        await this.#options.upkeep().cutRolled()
        continue
      }
      await this.#prepare(batchLength)
      this.#isAheadFailed = false
    }
  }

  /** Appends a stamped copy of the batch. Call only when there is room. @throws {StorageError} of a write. */
  append(batch: Uint8Array, place: BatchPlace): void {
    if (!this.#active.hasRoomFor(batch.length)) this.roll()
    else if (!this.#isWithinReach(batch.length))
      throw new Error('no room: recovery would not look there')
    // Waking it may fail, too, and then nothing was written.
    this.#active.open()
    try {
      this.#active.append(batch, place)
    } catch (error) {
      throw error instanceof StorageError ? this.#options.onWriteFailed(error) : error
    }
    this.#prepareAhead()
  }

  /**
   * Seals the active segment and begins the next in the prepared file.
   *
   * @throws {StorageError} IO_ERROR when a file cannot be opened or mapped: nothing has changed;
   * STREAM_POISONED when the header cannot be written.
   */
  roll(): void {
    const { identity, loader, cache, activeMappings, nowUs, onRoll } = this.#options
    const sealed = this.#active
    // First of all, as a file may have to be opened, which can fail: then nothing has changed yet.
    sealed.open()
    const { fileName, sizeBytes, file } = this.#preparer.take()
    const baseOffset = sealed.extent().endOffset
    const isInstead = sealed.baseOffset === baseOffset
    this.#begin(file, encodeSegmentHeader({ ...identity, baseOffset, createdUs: nowUs() }))
    // From now on it cannot be put to rest.
    if (!isInstead) sealed.seal()
    const options = { baseOffset, fileName, sizeBytes, loader, cache, activeMappings }
    const active = Segment.begun(options, file)
    active.named = this.#giveName(active, sealed.named, isInstead)
    this.#active = active
    this.#activeSince = { us: nowUs(), position: SEGMENT_HEADER_BYTES }
    if (isInstead) {
      // Too small for its first batch: the new file takes its name, and nothing of it is to be kept.
      sealed.close()
      onRoll(active, 'instead')
      return
    }
    this.#unsettled.push(sealed)
    onRoll(active, 'behind')
  }

  /** A file whose header may be there or not could be taken for a segment: nothing is appended behind that. */
  #begin(file: StorageFile, header: Uint8Array): void {
    try {
      overwrite(file, 0, header)
    } catch (error) {
      file.close()
      throw error instanceof StorageError ? this.#options.onWriteFailed(error) : error
    }
  }

  /** True when {@link roll} may be called: a prepared file of any useful size is there. */
  get canRoll(): boolean {
    return this.#preparer.readyBytes > 0
  }

  /** Prepares a file for the next roll. @throws as {@link makeRoom}. */
  async prepareNext(): Promise<void> {
    await this.#prepare(0)
  }

  /** Prepares a file for the next roll that takes a batch of this length. */
  #prepare(batchLength: number): Promise<void> {
    const { areZerosWritten, nowUs } = this.#options
    const capacityBytes = this.#nextCapacity(batchLength)
    const { dataEnd } = this.#active.extent()
    const { us, position } = this.#activeSince
    const elapsedUs = nowUs() - us
    // A clock that was set back says nothing.
    const isFast = elapsedUs >= 0 && dataEnd - position > elapsedUs * FAST_BYTES_PER_US
    const isSynced = areZerosWritten && !(isFast && capacityBytes >= FAST_FILE_BYTES_MIN)
    return this.#preparer.prepare(capacityBytes, isSynced)
  }

  /**
   * Syncs everything up to the mark. Sealed segments come first: the active one holds later records.
   * Returns the sealed segments that are now wholly durable, for cutting to size.
   */
  async syncUpTo(mark: LogMark): Promise<readonly Segment[]> {
    const settled = this.#unsettled.filter(
      (segment) => segment.baseOffset < mark.segment.baseOffset,
    )
    for (const segment of settled) {
      // Retention may have removed it meanwhile: nothing of it is left to make durable.
      if (segment.isClosed) continue
      await segment.named
      await segment.sync()
    }
    await mark.segment.named
    await mark.segment.sync()
    this.#unsettled = this.#unsettled.filter((segment) => !settled.includes(segment))
    return settled
  }

  /**
   * Notes in the header of the mark's segment how far the log is durable. The note itself becomes durable
   * with the next sync: one behind is what recovery is made for. Readers in other processes see it at
   * once; it is all that tells them what is visible (docs/adr/0014). So a segment that was rolled during
   * the commit gets it too, and what recovery found.
   */
  noteRecoveryPoint(durable: LogMark, epoch: number): void {
    const { segment, offset, position, appendTimeUs } = durable
    // One that was cut is open for reading only, and its records are behind a point of a later one.
    if (segment !== this.#active && !this.#unsettled.includes(segment)) return
    if (segment.isClosed) return
    // It says so already, and was put to rest since, or was never used.
    if (segment.isResting && segment.isPointAt(position)) return
    segment.noteDurable(position)
    const last = segment.point
    const isKnown = last?.durableOffset === offset && last.durablePosition === position
    const isThere = isKnown && last.epoch === epoch
    if (isThere && segment.hasNotedPoint) return
    // One that was found is not known to be durable: after a sync that failed in an earlier process its page
    // counts as written. The same bytes again have the next sync write it.
    const generation = (last?.generation ?? 0) + (isThere ? 0 : 1)
    const point = {
      durableOffset: offset,
      durablePosition: position,
      generation,
      appendTimeUs,
      epoch,
    }
    try {
      segment.writePoint(point)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      // What it speaks of is durable all the same; but a file that cannot be written takes no more records.
      this.#options.onWriteFailed(error)
    }
  }

  /** Waits for the active segment to get its name, and removes the prepared file that was not used. */
  async close(): Promise<void> {
    await this.#active.named.catch(() => undefined)
    await this.#preparer.close()
  }

  /**
   * After the segment before, so that of two files that claim one name the later one gets it. A file that
   * takes another's place has its header on the disk before: the other's was, and there may be no third.
   */
  #giveName(segment: Segment, before: Promise<void>, isInstead: boolean): Promise<void> {
    const { storage, directory, onBackgroundError } = this.#options
    const fileName = segmentFileName(segment.baseOffset)
    const naming = before.then(async () => {
      if (isInstead) await segment.sync()
      await storage.rename(`${directory}/${segment.fileName}`, `${directory}/${fileName}`)
      segment.fileName = fileName
      await storage.syncDirectory(directory)
    })
    naming.catch(onBackgroundError)
    return naming
  }

  /** Segments that were rolled and wait for a sync or to be cut to size: open, mapped where somebody read them. */
  get #rolledCount(): number {
    return this.#unsettled.length + this.#options.upkeep().uncutCount
  }

  /** Recovery looks for what a crash left no further than this behind the point that it finds. */
  #isWithinReach(batchLength: number): boolean {
    const { durablePoint } = this.#active
    const { dataEnd } = this.#active.extent()
    return dataEnd + batchLength - durablePoint <= this.#options.unsyncedBytesMax
  }

  /**
   * Early, because preparing is slow where memory is fresh: 170 ms for 64 MiB that the host has not backed
   * yet, in which a fast publisher writes half of that. Not at once: most streams never need the next file.
   */
  #prepareAhead(): void {
    const { dataEnd } = this.#active.extent()
    if (dataEnd * PREPARE_AT_SHARE < this.#active.sizeBytes) return
    if (this.#preparer.isPreparing || this.#preparer.readyBytes > 0 || this.#isAheadFailed) return
    this.prepareNext().catch((error: unknown) => {
      this.#isAheadFailed = true
      this.#options.onBackgroundError(error)
    })
  }

  #nextCapacity(batchLength: number): number {
    const doubled = Math.max(FIRST_SEGMENT_BYTES, this.#active.sizeBytes * 2)
    return Math.max(needed(batchLength), Math.min(doubled, this.#options.segmentBytesMax))
  }
}

/** The size of the smallest file that takes one batch of this length. */
function needed(batchLength: number): number {
  return SEGMENT_HEADER_BYTES + batchLength + END_MARKER_BYTES
}
