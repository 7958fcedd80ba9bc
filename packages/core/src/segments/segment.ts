/**
 * One segment: a file of batches, its extent and its sparse index.
 *
 * Exists apart from the log because it is what readers hold on to: a reader that is still on a segment
 * keeps its bytes readable while the log seals, trims or deletes it. An active segment is open from its
 * first use until too many are, and mapped when somebody looks at its bytes; a sealed one is mapped when
 * it is first read and let go when the mapping cache needs the room.
 *
 * Invariants: `[SEGMENT_HEADER_BYTES, dataEnd)` holds whole batches whose offsets run densely from
 * `baseOffset` to `endOffset`; behind `dataEnd` at least END_MARKER_BYTES zero bytes lie in the file;
 * a sealed segment never changes.
 *
 * Does not decide when to roll, sync or delete.
 */
import {
  BATCH_HEADER_BYTES,
  commitBatch,
  commitBatchOrdered,
  END_MARKER_BYTES,
  readHeaderWord,
  readRecoveryPoint,
  RECOVERY_POINT_BYTES,
  RECOVERY_POINTS_AT,
  SEGMENT_HEADER_BYTES,
  stampBatch,
  writeRecoveryPoint,
} from '@tailrace/format'
import type { RecoveryPoint } from '@tailrace/format'
import { overwriteRange } from '../storage/overwrite.js'
import type { StorageFile } from '../storage/storage-port.js'
import type { ActiveMappings, Restable } from './active-mappings.js'
import type { MappingCache } from './mapping-cache.js'
import { SegmentBytes } from './segment-bytes.js'
import { SparseIndex } from './sparse-index.js'
import { VerifiedRanges } from './verified-ranges.js'

/** A page of a file is a multiple of it, on any machine. */
const PAGE_BYTES_MIN = 4096

/** The header of a batch that is being written; what ends with the commit word is written last. */
const HEADER = new Uint8Array(BATCH_HEADER_BYTES)
const HEADER_VIEW = new DataView(HEADER.buffer)
const COMMIT_END = 8
const COMMIT = HEADER.subarray(0, COMMIT_END)
const BEHIND_COMMIT = HEADER.subarray(COMMIT_END)

/** A header in which a recovery point is made before it is written. */
const POINTS = new Uint8Array(SEGMENT_HEADER_BYTES)

/** What the log writes into a batch, and how far the batch reaches. */
export interface BatchPlace {
  readonly baseOffset: number
  /** The offset after the last record of the batch. */
  readonly nextOffset: number
  readonly appendTimeUs: number
  readonly epoch: number
}

/** How far a segment reaches, and where to start looking in it. */
export interface SegmentExtent {
  /** The offset after the last record. */
  endOffset: number
  /** The position after the last batch. */
  dataEnd: number
  /** Append time of the first batch; 0 while the segment is empty. */
  firstAppendTimeUs: number
  /** Append time of the last batch; 0 while the segment is empty. */
  lastAppendTimeUs: number
  batchCount: number
  readonly index: SparseIndex
}

/** Opens segment files when they are used; called again after they were let go. */
export interface SegmentLoader {
  /** Opens a sealed segment and learns its extent. */
  openSealed(segment: Segment): { file: StorageFile; extent: SegmentExtent }
  /** Opens an active segment, whose extent is known, for writing. */
  openActive(segment: Segment): StorageFile
  /** Brings what {@link openSealed} looks at into memory, off the event loop; missing where it always is. */
  warmUp?(segment: Segment): Promise<void>
}

/** A segment file, mapped while it is used. */
export class Segment implements Restable {
  readonly baseOffset: number
  /** The file in the stream's directory; changes once, when a prepared file is given its name. */
  fileName: string
  /** Settles when the file durably bears its name; a commit waits for it. */
  named: Promise<void> = Promise.resolve()
  /** What readers have verified since the file was opened. */
  verified = new VerifiedRanges()
  /** Size of the file in bytes, for retention. */
  sizeBytes: number
  /** Position up to which batches may have been shown that recovery then took back; 0 if none were. */
  shownEnd = 0
  #file: StorageFile | undefined
  /** Over the file, since somebody has looked at the bytes: a file that is only written is not mapped. */
  #contents: SegmentBytes | undefined
  #extent: SegmentExtent | undefined
  #state: 'active' | 'sealing' | 'sealed' | 'closed'
  readonly #loader: SegmentLoader
  readonly #cache: MappingCache
  readonly #activeMappings: ActiveMappings
  /** Everything below this position is durable: set by commits. */
  #durablePosition = 0
  /** The recovery point in the header, and the one that has survived a sync: the how many-th, and its position. */
  #notedPoint = { count: 0, position: SEGMENT_HEADER_BYTES }
  #point: RecoveryPoint | undefined
  #isPointRead = false
  #durablePoint = this.#notedPoint
  #syncsInFlight = 0
  /** The sync that was begun last, until it has succeeded: one that failed stays. */
  #lastSync: Promise<void> | undefined

  private constructor(options: SegmentOptions, file: StorageFile | undefined) {
    this.baseOffset = options.baseOffset
    this.fileName = options.fileName
    this.sizeBytes = options.sizeBytes
    this.#loader = options.loader
    this.#cache = options.cache
    this.#activeMappings = options.activeMappings
    this.#file = file
    this.#state = file === undefined ? 'sealed' : 'active'
  }

  /** A segment that can be appended to, beginning with the given extent. */
  static active(options: SegmentOptions, file: StorageFile, extent: SegmentExtent): Segment {
    const segment = new Segment(options, file)
    segment.#extent = extent
    segment.verified = new VerifiedRanges(extent.dataEnd)
    segment.#activeMappings.touch(segment)
    return segment
  }

  /** The same, in a file that holds nothing but a header without recovery points. */
  static begun(options: SegmentOptions, file: StorageFile): Segment {
    const segment = Segment.active(options, file, emptyExtent(options.baseOffset))
    segment.#isPointRead = true
    return segment
  }

  /**
   * The first segment of a stream that was just made: without batches, durable with a recovery point that says
   * so, and at rest until it is used.
   */
  static created(options: SegmentOptions, point: RecoveryPoint): Segment {
    const segment = new Segment(options, undefined)
    segment.#state = 'active'
    segment.#extent = emptyExtent(options.baseOffset)
    segment.verified = new VerifiedRanges(SEGMENT_HEADER_BYTES)
    segment.#durablePosition = SEGMENT_HEADER_BYTES
    segment.notePoint(point)
    segment.#durablePoint = segment.#notedPoint
    return segment
  }

  /** A segment whose file is opened when it is read. */
  static sealed(options: SegmentOptions): Segment {
    return new Segment(options, undefined)
  }

  /** True when nothing is appended to it any more. */
  get isSealed(): boolean {
    return this.#state !== 'active'
  }

  /** True once it was let go of for good. */
  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** The bytes, mapped if need be. @throws {StorageError} IO_ERROR or STREAM_CORRUPT. */
  contents(): SegmentBytes {
    const file = this.#opened()
    return (this.#contents ??= new SegmentBytes(file))
  }

  /** Opens the file if need be, which can fail, for what follows at once. @throws as {@link contents}. */
  open(): void {
    this.#opened()
    this.#activeMappings.use(this)
  }

  #opened(): StorageFile {
    if (this.#file === undefined && this.#state === 'active') this.#wake()
    else if (this.#file === undefined) this.#load()
    else if (this.#state === 'sealed') this.#cache.touch(this)
    if (this.#file === undefined) throw new Error('a loaded segment has a file')
    return this.#file
  }

  /**
   * Resolves when a sealed segment can be opened without waiting for the disk; undefined when it is open.
   *
   * @throws {StorageError} IO_ERROR (as a rejection).
   */
  warmUp(): Promise<void> | undefined {
    if (this.#file !== undefined || this.#state !== 'sealed') return undefined
    return this.#loader.warmUp?.(this)
  }

  /** The extent, read from the sidecar if need be. @throws as {@link contents}. */
  extent(): Readonly<SegmentExtent> {
    if (this.#extent === undefined) this.#load()
    if (this.#extent === undefined) throw new Error('a loaded segment has an extent')
    return this.#extent
  }

  /** True when a batch of this length fits, with the end marker behind it. */
  hasRoomFor(batchLength: number): boolean {
    if (this.#state !== 'active') return false
    return this.extent().dataEnd + batchLength + END_MARKER_BYTES <= this.sizeBytes
  }

  /**
   * Copies a batch behind the last one and stamps it. The commit word comes last, so that a reader in another
   * process sees the whole batch or none.
   *
   * @throws {StorageError} IO_ERROR or NO_SPACE of a write: any of it may lie behind the end.
   */
  append(batch: Uint8Array, place: BatchPlace): void {
    const file = this.#opened()
    const extent = this.#writableExtent()
    const position = extent.dataEnd
    const { baseOffset, appendTimeUs, epoch } = place
    const headerWord = readHeaderWord(batch)
    const batchLength = batch.length
    // One object, made in one go: spreading another into it costs a microsecond here.
    const stamp = { headerWord, batchLength, baseOffset, appendTimeUs, epoch }
    if (file.write !== undefined) {
      HEADER.set(batch.subarray(0, BATCH_HEADER_BYTES))
      stampBatch(HEADER_VIEW, 0, stamp)
      commitBatch(HEADER_VIEW, 0, stamp)
      const body = batch.subarray(BATCH_HEADER_BYTES)
      file.write(position + COMMIT_END, [BEHIND_COMMIT, body])
      file.write(position, [COMMIT])
    } else {
      const contents = this.contents()
      // On processors that reorder stores the commit word is a releasing one.
      contents.bytes.set(batch.subarray(COMMIT_END), position + COMMIT_END)
      stampBatch(contents.view, position, stamp)
      commitBatchOrdered(contents.words, position, stamp)
      file.wrote(position, position + batchLength)
    }
    noteBatch(extent, { position, batchLength }, place)
  }

  /** Says that everything below the position is durable and that the segment is in use. */
  noteDurable(position: number): void {
    this.#durablePosition = position
    if (this.#state === 'active') this.#activeMappings.touch(this)
  }

  /** The newest recovery point in the header. */
  get point(): RecoveryPoint | undefined {
    // Not of a file that is only written: it would be mapped for it.
    if (!this.#isPointRead) this.#point = readRecoveryPoint(this.contents().bytes)
    this.#isPointRead = true
    return this.#point
  }

  /**
   * Puts a recovery point into the header: stored where somebody has looked at the bytes, written where nobody has.
   *
   * @throws {StorageError} IO_ERROR or NO_SPACE of a write.
   */
  writePoint(point: RecoveryPoint): void {
    const file = this.#opened()
    const slotIndex = point.generation % 2 === 0 ? 0 : 1
    if (this.#contents === undefined && file.write !== undefined) {
      const position = RECOVERY_POINTS_AT + slotIndex * RECOVERY_POINT_BYTES
      writeRecoveryPoint(POINTS, slotIndex, point)
      file.write(position, [POINTS.subarray(position, position + RECOVERY_POINT_BYTES)])
    } else {
      writeRecoveryPoint(this.contents().bytes, slotIndex, point)
      file.wrote(0, SEGMENT_HEADER_BYTES)
    }
    this.notePoint(point)
  }

  /** Says that this recovery point lies in the header. */
  notePoint(point: RecoveryPoint): void {
    const count = this.#notedPoint.count + 1
    const position = Math.max(point.durablePosition, SEGMENT_HEADER_BYTES)
    this.#notedPoint = { count, position }
    this.#point = point
    this.#isPointRead = true
  }

  /** True once {@link notePoint} was called. */
  get hasNotedPoint(): boolean {
    return this.#notedPoint.count > 0
  }

  /** True when the last one that was noted has this position. */
  isPointAt(position: number): boolean {
    return this.hasNotedPoint && this.#notedPoint.position === position
  }

  /** True when the recovery point in the header has survived a sync. */
  get isPointDurable(): boolean {
    return this.#durablePoint.count === this.#notedPoint.count
  }

  /** The position of the newest recovery point that has survived a sync; behind the header while none has. */
  get durablePoint(): number {
    return this.#durablePoint.position
  }

  /** True when the mapping was let go until the next use. */
  get isResting(): boolean {
    return this.#state === 'active' && this.#file === undefined
  }

  /** True when an active segment is mapped, wholly durable and not being synced. */
  get canRest(): boolean {
    if (this.#state !== 'active' || this.#file === undefined) return false
    if (this.#syncsInFlight > 0) return false
    return this.#durablePosition === this.#extent?.dataEnd
  }

  /** Lets go of the mapping of an active segment until its next use. */
  rest(): void {
    if (!this.canRest) throw new Error('only a durable active segment rests')
    this.#letGo()
  }

  /** Ends appending. The contents stay open, out of the cache's reach, until {@link release}. */
  seal(): void {
    this.#opened()
    this.#activeMappings.forget(this)
    this.#state = 'sealing'
  }

  /**
   * Ends what another process appended. Contents and extent stay as they are until the cache needs the
   * room: they are as good as what the file says, and its index may not be there yet.
   */
  keepOpen(): void {
    this.#activeMappings.forget(this)
    this.#state = 'sealed'
    this.#cache.touch(this)
  }

  /**
   * Makes everything appended before the call durable. Only while the contents are open for writing.
   *
   * One sync after another, and none succeeds behind one that failed: the kernel tells a descriptor of lost
   * pages once, so that of two syncs in flight either may be told, for what only the other one stands for.
   */
  async sync(): Promise<void> {
    const file = this.#opened()
    this.#syncsInFlight += 1
    const sync = this.#syncBehind(this.#lastSync, file)
    this.#lastSync = sync
    try {
      await sync
      if (this.#lastSync === sync) this.#lastSync = undefined
    } finally {
      this.#syncsInFlight -= 1
      if (this.canRest) this.#activeMappings.touch(this)
    }
  }

  async #syncBehind(before: Promise<void> | undefined, file: StorageFile): Promise<void> {
    if (before !== undefined) {
      await before
      // Meanwhile it was cut to size, or removed: it was durable then.
      if (this.#state === 'sealed' || this.#state === 'closed') return
    }
    const point = this.#notedPoint
    await file.sync()
    if (point.count > this.#durablePoint.count) this.#durablePoint = point
  }

  /**
   * Stores what lies behind a position once more, so that the next sync writes it. A sync that has failed,
   * perhaps in an earlier process, leaves pages that count as written and never reached the disk.
   */
  storeAgain(position: number): void {
    const { bytes, file } = this.contents()
    const end = this.#writableExtent().dataEnd
    const start = Math.floor(position / PAGE_BYTES_MIN) * PAGE_BYTES_MIN
    overwriteRange(file, { start, end }, (from, to) => bytes.slice(from, to))
  }

  /** Lets go of file and mapping; they are opened again on use. For sealed segments only. */
  release(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'active') throw new Error('an active segment stays mapped')
    this.#state = 'sealed'
    this.#letGo()
    this.#extent = undefined
  }

  /** Lets go of everything for good, sealed or not. */
  close(): void {
    this.#cache.forget(this)
    this.#activeMappings.forget(this)
    this.#letGo()
    this.#state = 'closed'
  }

  /** The extent of an active segment stays known: only the bytes were let go. */
  #wake(): void {
    this.#file = this.#loader.openActive(this)
    this.#activeMappings.touch(this)
  }

  #load(): void {
    if (this.#state === 'closed') throw new Error(`${this.fileName} was closed`)
    const { file, extent } = this.#loader.openSealed(this)
    this.#file = file
    this.#extent = extent
    this.verified = new VerifiedRanges()
    this.sizeBytes = file.bytes.length
    this.#cache.touch(this)
  }

  #letGo(): void {
    this.#file?.close()
    this.#file = undefined
    this.#contents = undefined
  }

  #writableExtent(): SegmentExtent {
    if (this.#state !== 'active' || this.#extent === undefined)
      throw new Error('append to a sealed segment')
    return this.#extent
  }
}

/** What every segment is made with. */
export interface SegmentOptions {
  readonly baseOffset: number
  readonly fileName: string
  readonly sizeBytes: number
  readonly loader: SegmentLoader
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
}

/** The extent of a segment without batches. */
export function emptyExtent(baseOffset: number): SegmentExtent {
  return {
    endOffset: baseOffset,
    dataEnd: SEGMENT_HEADER_BYTES,
    firstAppendTimeUs: 0,
    lastAppendTimeUs: 0,
    batchCount: 0,
    index: new SparseIndex(baseOffset),
  }
}

/** Takes a batch that lies behind the last one into the extent. */
export function noteBatch(
  extent: SegmentExtent,
  where: { readonly position: number; readonly batchLength: number },
  place: BatchPlace,
): void {
  if (extent.batchCount === 0) extent.firstAppendTimeUs = place.appendTimeUs
  extent.index.note(place.baseOffset, where.position, place.appendTimeUs)
  extent.lastAppendTimeUs = place.appendTimeUs
  extent.batchCount += 1
  extent.endOffset = place.nextOffset
  extent.dataEnd = where.position + where.batchLength
}
