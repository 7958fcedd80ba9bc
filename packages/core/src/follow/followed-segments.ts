/**
 * The segments of a stream that another process writes, as far as their records are visible.
 *
 * Keeps the list that readers work on: sealed segments, opened when they are read, and the tail. The
 * list grows by walking and by finding the files behind the tail. Where the walk cannot go on (retention
 * removed what comes next, a repair replaced files, a header is damaged) it is made anew from what the
 * directory holds; readers look their place up again.
 *
 * In `fsync` streams visible is what lies below the newest recovery point; in `relaxed` streams, what is
 * there whole. Does not know epochs: its owner compares the metadata after every walk, before it believes it.
 */
import { segmentFileName } from '@tailrace/format'
import { gapAt, isContinued } from '../log/gap.js'
import type { Gap } from '../log/gap.js'
import { endsBefore } from '../log/known-end.js'
import type { LogMark } from '../log/log-mark.js'
import type { Damage } from '../log/recovery-report.js'
import { SegmentList } from '../log/segment-list.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import { Segment } from '../segments/segment.js'
import type { SegmentLoader } from '../segments/segment.js'
import { unopenable } from './follow-errors.js'
import type { FollowedFiles, OpenedSegment } from './followed-files.js'
import type { LoaderHooks } from './followed-loader.js'
import { hasRecoveryPoint, LookAhead } from './look-ahead.js'
import { SegmentTail } from './segment-tail.js'
import type { SegmentEnvironment } from './segment-tail.js'

/** What a stream is followed with. */
export interface FollowedStream {
  readonly files: FollowedFiles
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
  readonly metadata: StreamMetadata
  /** As of before any file was listed: `knownEnd`. */
  readonly knownEnd: number
}

/** After so many looks that found nothing the directory is listed: the walk may have lost its way. */
const FRUITLESS_LOOKS_MAX = 32

/** The segments of a followed stream, as the writer adds and removes them. */
export class FollowedSegments {
  readonly #files: FollowedFiles
  readonly #environment: SegmentEnvironment
  readonly #ahead: LookAhead
  #metadata: StreamMetadata
  #list: SegmentList
  #tail: SegmentTail
  #durableOffset = 0
  #fruitlessLooks = 0
  /** The log was durable up to here before the last walk began, whatever the segments say. */
  #knownEnd: number
  /** Up to here the directory was listed for what the walk did not find. */
  #soughtEnd = 0

  /** @throws {StorageError} STREAM_CORRUPT when no segment can be read; IO_ERROR. */
  constructor(
    stream: FollowedStream,
    makeLoader: (isContinued: LoaderHooks['isContinued']) => SegmentLoader,
  ) {
    const { files, cache, activeMappings, metadata } = stream
    const loader = makeLoader((segment, endOffset) => this.#isContinued(segment, endOffset))
    this.#files = files
    this.#environment = { loader, cache, activeMappings }
    this.#metadata = metadata
    this.#knownEnd = stream.knownEnd
    this.#ahead = new LookAhead(files)
    const { list, tail } = this.#load()
    this.#list = list
    this.#tail = tail
    this.advance()
  }

  /** The segments as of now. Replaced when they are loaded anew: not to be kept. */
  get list(): SegmentList {
    return this.#list
  }

  /** Where the visible records end. */
  get mark(): LogMark {
    return this.#tail.mark
  }

  /** Bytes of the segment files as of now. */
  get sizeBytes(): number {
    const sizes = this.#list.all.map(({ baseOffset }) => this.#files.sizeBytes(baseOffset))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** The records below it are known to be durable. */
  get durableOffset(): number {
    return this.#durableOffset
  }

  /**
   * What keeps the log from reaching what is known to have been durable: a segment file that is gone, or was
   * cut short. A writer that rolls is not: its next segment has a name before anything in it is durable. Nor
   * is a loss of power that took the recovery point alone: the batches are there, for the next writer.
   */
  get damage(): Damage | undefined {
    const { offset: from, segment } = this.#tail.mark
    const end = Math.max(from, this.#ahead.endOffset)
    if (end >= this.#knownEnd) return undefined
    const reason = endsBefore(this.#knownEnd, end)
    return { from, to: undefined, segment: segment.fileName, reason }
  }

  /** Walks on as far as records are visible. @throws {StorageError} IO_ERROR. */
  advance(): void {
    const before = this.#tail.mark
    this.#walk()
    if (this.damage !== undefined && this.#soughtEnd < this.#knownEnd) {
      this.#soughtEnd = this.#knownEnd
      this.#lookAround()
    }
    const after = this.#tail.mark
    if (after.segment !== before.segment || after.position !== before.position) {
      this.#fruitlessLooks = 0
      return
    }
    this.#fruitlessLooks += 1
    if (this.#fruitlessLooks < FRUITLESS_LOOKS_MAX) return
    this.#fruitlessLooks = 0
    this.#lookAround()
  }

  /** Takes over metadata that was replaced: a later start, gaps, other files. @throws as {@link advance}. */
  take(metadata: StreamMetadata): void {
    // Between its two last steps a repair has files under names that they will not keep.
    if (metadata.repair !== undefined) return
    const hasOtherGaps = !isSameGaps(metadata.gaps ?? [], this.#metadata.gaps ?? [])
    this.#metadata = metadata
    this.#knownEnd = Math.max(this.#knownEnd, metadata.durableOffset ?? 0)
    this.#walk()
    const { baseOffset, file } = this.#tail.opened
    const isReplaced = hasOtherGaps || this.#files.identity(baseOffset) !== file.identity
    // What leads to a start further on was removed, or is going to be.
    if (isReplaced || metadata.startOffset > this.#tail.endOffset) this.#reload()
    for (const removed of this.#list.removeBelow(metadata.startOffset)) removed.close()
  }

  /** Lets go of everything; what was handed out stays readable. */
  close(): void {
    for (const segment of this.#list.all) segment.close()
    this.#ahead.reset()
  }

  #walk(): void {
    const isRelaxed = this.#metadata.config.durability === 'relaxed'
    const gaps = this.#metadata.gaps ?? []
    for (;;) {
      const tail = this.#tail
      const { point } = tail
      if (point !== undefined) {
        this.#durableOffset = Math.max(this.#durableOffset, point.durableOffset)
        tail.walkTo(point)
      }
      if (isRelaxed) tail.walkWhole()
      const found = this.#ahead.behind(tail, gaps)
      const count = countBehind(found, gapAt(gaps, tail.endOffset)?.to ?? tail.endOffset)
      if (count === 0) return
      for (const opened of this.#ahead.take(count)) this.#enter(opened)
    }
  }

  /** The tail is complete: makes the next segment the tail. */
  #enter(opened: OpenedSegment): void {
    const complete = this.#tail
    complete.walkToEnd()
    const tail = new SegmentTail(this.#environment, opened)
    this.#tail = tail
    if (opened.baseOffset === complete.opened.baseOffset) {
      complete.segment.close()
      this.#list.replaceLast(tail.segment)
      return
    }
    complete.segment.keepOpen()
    this.#list.push(tail.segment)
  }

  /** Lists the directory: a segment behind a place that cannot be walked past is found only so. */
  #lookAround(): void {
    this.#ahead.reset()
    const { baseOffset } = this.#tail.opened
    const offsets = this.#files.baseOffsets(this.#metadata.startOffset)
    if ((offsets.at(-1) ?? 0) > baseOffset) this.#reload()
    else this.#walk()
  }

  /** Makes the list anew. Nothing happens if the directory holds nothing readable at the moment. */
  #reload(): void {
    const loaded = this.#tryLoad()
    if (loaded === undefined) return
    const replaced = this.#list.all
    this.#list = loaded.list
    this.#tail = loaded.tail
    this.#ahead.reset()
    for (const segment of replaced) segment.close()
    this.#walk()
  }

  #load(): { readonly list: SegmentList; readonly tail: SegmentTail } {
    const loaded = this.#tryLoad()
    if (loaded !== undefined) return loaded
    throw unopenable(this.#metadata.name, 'its directory holds no readable segment file')
  }

  /** What the directory holds up to the newest segment that counts. */
  #tryLoad(): { readonly list: SegmentList; readonly tail: SegmentTail } | undefined {
    // Those that were given up, too, as long as they are there: theirs may be the only recovery point.
    const offsets = this.#files.baseOffsets(0)
    for (const [at, baseOffset] of [...offsets.entries()].reverse()) {
      const opened = this.#files.open(baseOffset)
      if (opened === undefined) continue
      // As recovery does it: the newest segment with a recovery point, or the oldest.
      if (at > 0 && !hasRecoveryPoint(opened)) continue
      const tail = new SegmentTail(this.#environment, opened)
      const { startOffset } = this.#metadata
      const retained = offsets.slice(0, at).filter((_, of) => (offsets[of + 1] ?? 0) > startOffset)
      const sealed = retained.map((offset) => this.#sealed(offset))
      return { list: new SegmentList([...sealed, tail.segment]), tail }
    }
    return undefined
  }

  #isContinued(segment: Segment, endOffset: number): boolean {
    const nextOffset = this.#list.after(segment)?.baseOffset ?? -1
    return isContinued(this.#metadata.gaps ?? [], endOffset, nextOffset)
  }

  #sealed(baseOffset: number): Segment {
    const sizeBytes = this.#files.sizeBytes(baseOffset)
    const fileName = segmentFileName(baseOffset)
    return Segment.sealed({ ...this.#environment, baseOffset, fileName, sizeBytes })
  }
}

/**
 * How many of the segments behind a tail may be entered: up to the newest with a recovery point, because
 * all before it are durable then; or the one that begins where the tail is visible.
 */
function countBehind(found: readonly OpenedSegment[], nextOffset: number): number {
  const [first] = found
  const withPoint = found.findLastIndex(hasRecoveryPoint) + 1
  if (withPoint > 0) return withPoint
  return first !== undefined && first.baseOffset <= nextOffset ? 1 : 0
}

function isSameGaps(left: readonly Gap[], right: readonly Gap[]): boolean {
  return left.length === right.length && left.every((gap, at) => gap.to === right[at]?.to)
}
