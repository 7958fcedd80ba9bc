/**
 * Reads a log in runs of whole batches, as views of the segment's memory.
 *
 * A reader is a position and nothing else: it is told of nothing and holds no queue, so a slow one
 * costs the log nothing. Rolling, retention and deletion go on under it; what it has handed out stays
 * readable for as long as it is referenced.
 *
 * Both checksums of a batch are verified when it is first read since its segment was opened, by whichever
 * reader comes first; a damaged batch ends the run before it and is reported, never handed out.
 */
import { inspectBatch, SEGMENT_HEADER_BYTES, StorageError, TailraceError } from '@tailrace/format'
import type { BatchDefect } from '@tailrace/format'
import { continuationBehind, offsetBounds } from '../segments/resync.js'
import type { SegmentBytes } from '../segments/segment-bytes.js'
import type { Segment } from '../segments/segment.js'
import { gapAt, offsetInGap } from './gap.js'
import type { Gap } from './gap.js'
import { damagedEnd, offsetOutOfRange } from './log-errors.js'
import type { LogMark } from './log-mark.js'
import { LookAhead } from './look-ahead.js'
import type { RecoveryReport } from './recovery-report.js'
import { positionOfOffset } from './seek.js'
import type { SegmentList } from './segment-list.js'
import { requireCount } from './start-position.js'

/** Consecutive whole batches as they are stored. */
export interface BatchRun {
  /** A view of the segment; valid for as long as it is held, never written to. */
  readonly bytes: Uint8Array
  /** Offset of the first record, which may precede the offset that was asked for. */
  readonly baseOffset: number
  /** The offset after the last record. */
  readonly endOffset: number
}

/** What a reader needs of its log. */
export interface ReadableLog {
  readonly name: string
  readonly segments: SegmentList
  readonly startOffset: () => number
  /** Ranges whose records were lost for good, ascending. */
  readonly gaps: () => readonly Gap[]
  /** Consumers see what lies below. */
  readonly visible: () => LogMark
  /** With damage in it, the visible end is no end: the log was opened read-only up to there. */
  readonly recovery?: RecoveryReport | undefined
  /** Throws STREAM_CLOSED once the log is closed. */
  assertReadable(): void
}

/** A place in a log from which runs of batches are read. */
export class LogReader {
  readonly #log: ReadableLog
  #nextOffset: number
  /** The place of `nextOffset`, undefined until it was looked up. */
  #segment: Segment | undefined
  #contents: SegmentBytes | undefined
  #position = 0
  /** Batches from `#position` to here are verified. */
  #verifiedTo = 0
  /** What lies ahead; made when somebody asks for it. */
  #lookAhead: LookAhead | undefined

  /** @throws {RequestError} INVALID_REQUEST when `offset` is no offset. */
  constructor(log: ReadableLog, offset: number) {
    this.#log = log
    this.#nextOffset = requireCount('offset', offset)
  }

  /** The offset the next run goes on at. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Goes on at another offset. @throws {RequestError} INVALID_REQUEST when it is no offset. */
  seek(offset: number): void {
    this.#nextOffset = requireCount('offset', offset)
    this.#leave()
  }

  /** The listed gap in which {@link nextOffset} lies; undefined when it lies in none. */
  gapAt(): Gap | undefined {
    return gapAt(this.#log.gaps(), this.#nextOffset)
  }

  /**
   * The next run: as many whole batches as fit in `maxBytes`, but always at least one; undefined at the
   * tail. A run never crosses a segment.
   *
   * @throws {RequestError} OFFSET_OUT_OF_RANGE when retention overtook {@link nextOffset}, or it lies in a
   * gap that a repair left: `details` then have `from`, `to` and the `reason` "damage". Either way the
   * records go on at `details.startOffset`.
   * @throws {StorageError} STREAM_CORRUPT at damage: the records go on at `details.to`, which is null when
   * the log was opened read-only up to the damage; STREAM_CLOSED when the log was closed or deleted.
   */
  next(maxBytes: number): BatchRun | undefined {
    this.#log.assertReadable()
    const visible = this.#log.visible()
    if (this.#nextOffset >= visible.offset) {
      // More may come at a tail; behind damage there was more.
      const damaged = damagedEnd(this.#log.name, this.#log.recovery)
      if (damaged !== undefined) throw damaged
      return undefined
    }
    try {
      return this.#next(maxBytes, visible)
    } catch (error) {
      // Another process may remove a segment under our hands; the start that is to blame is known by now.
      if (this.#nextOffset < this.#log.startOffset()) throw this.#overtaken()
      throw error
    }
  }

  /**
   * Resolves when {@link next} finds its run in memory; undefined when it does now. Without it the event
   * loop waits for the disk, and the process ends where the disk cannot read.
   *
   * @throws {StorageError} IO_ERROR (as a rejection): what comes next cannot be read from the disk.
   */
  warm(maxBytes: number): Promise<void> | undefined {
    // What this process has written is in memory, or was a moment ago.
    if (this.#verifiedTo === Infinity) return undefined
    if (this.#nextOffset >= this.#log.visible().offset || this.gapAt() !== undefined)
      return undefined
    if (this.#nextOffset < this.#log.startOffset()) return undefined
    const opening = this.#place().warmUp()
    if (opening !== undefined) return this.#warmOnce(opening, maxBytes)
    return this.#warmHere(maxBytes)
  }

  async #warmOnce(opening: Promise<void>, maxBytes: number): Promise<void> {
    await opening
    await this.#warmHere(maxBytes)
  }

  #warmHere(maxBytes: number): Promise<void> | undefined {
    let segment: Segment
    try {
      // It may have been closed while the disk was asked, and its segments with it.
      this.#log.assertReadable()
      segment = this.#enter()
    } catch (error) {
      // `next` meets it again, and says so.
      if (TailraceError.is(error)) return undefined
      throw error
    }
    const contents = this.#contents
    if (contents === undefined || this.#verifiedTo === Infinity) return undefined
    this.#lookAhead ??= new LookAhead(this.#log.segments)
    return this.#lookAhead.warm({ segment, contents, position: this.#position }, maxBytes)
  }

  #next(maxBytes: number, visible: LogMark): BatchRun {
    if (this.#nextOffset < this.#log.startOffset()) throw this.#overtaken()
    const gap = this.gapAt()
    if (gap !== undefined) throw this.#lost(gap)
    const segment = this.#enter()
    const contents = this.#contents
    if (contents === undefined) throw new Error('entered without contents')
    const limit = segment === visible.segment ? visible.position : segment.extent().dataEnd
    const start = this.#position
    let end = start
    let endOffset = this.#nextOffset
    while (end < limit) {
      const defect = this.#defectAt(segment, end, limit)
      if (defect !== undefined && end === start) throw this.#corrupt(segment, defect)
      if (defect !== undefined || !this.#continues(contents, end, endOffset)) break
      const length = contents.batchLengthAt(end)
      if (end > start && end + length - start > maxBytes) break
      endOffset = contents.nextOffsetAt(end)
      end += length
    }
    if (end === start) throw this.#corrupt(segment, missing(segment, start, this.#nextOffset))
    const baseOffset = contents.baseOffsetAt(start)
    this.#position = end
    this.#nextOffset = endOffset
    // It may wait here for days, and the segment rest or be removed: it is not kept mapped for that.
    if (endOffset >= visible.offset) this.#rest()
    return { bytes: contents.bytes.subarray(start, end), baseOffset, endOffset }
  }

  /** The segment of `nextOffset`, which need not be open. */
  #place(): Segment {
    const { segments } = this.#log
    return segments.at(segments.indexOf(this.#nextOffset))
  }

  /** Makes sure that `#segment` and `#position` are the place of `nextOffset`. */
  #enter(): Segment {
    const current = this.#segment
    // One that was removed was read to its end, or its reader is overtaken: there is no more to learn of it.
    if (current?.isClosed === false && this.#position < current.extent().dataEnd) {
      if (this.#contents === undefined) {
        this.#contents = current.contents()
        this.#verifiedTo = current.verified.endAt(this.#position)
      }
      return current
    }
    const segment = this.#place()
    // All or nothing: where opening fails, the position of another segment is not to be taken for one of this.
    const contents = segment.contents()
    const position =
      this.#nextOffset === segment.baseOffset
        ? SEGMENT_HEADER_BYTES
        : positionOfOffset(segment, this.#nextOffset)
    this.#segment = segment
    this.#contents = contents
    this.#position = position
    this.#verifiedTo = segment.verified.endAt(this.#position)
    return segment
  }

  #rest(): void {
    this.#contents = undefined
    this.#lookAhead = undefined
  }

  #leave(): void {
    this.#segment = undefined
    this.#contents = undefined
    this.#lookAhead = undefined
  }

  #defectAt(segment: Segment, position: number, limit: number): BatchDefect | undefined {
    if (position < this.#verifiedTo || this.#contents === undefined) return undefined
    // Another reader may have been here since.
    this.#verifiedTo = segment.verified.endAt(position)
    if (position < this.#verifiedTo) return undefined
    const { bytes } = this.#contents
    const defect = inspectBatch(bytes, position, limit, 'whole')
    if (defect !== undefined) return defect
    const end = position + this.#contents.batchLengthAt(position)
    segment.verified.add(position, end)
    this.#verifiedTo = segment.verified.endAt(position)
    return undefined
  }

  /** The batch at `position` holds `offset`: its first record, unless it is the first of a read. */
  #continues(contents: SegmentBytes, position: number, offset: number): boolean {
    return contents.baseOffsetAt(position) <= offset && contents.nextOffsetAt(position) > offset
  }

  #overtaken(): TailraceError {
    const stream = this.#log.name
    const startOffset = this.#log.startOffset()
    const endOffset = this.#log.visible().offset
    return offsetOutOfRange(this.#nextOffset, { stream, startOffset, endOffset })
  }

  #lost(gap: Gap): TailraceError {
    const { name, visible } = this.#log
    return offsetInGap(this.#nextOffset, gap, { name, visibleOffset: visible().offset })
  }

  #corrupt(segment: Segment, defect: BatchDefect): StorageError {
    const { name } = this.#log
    const from = this.#nextOffset
    const to = this.#offsetBehindDamage(segment)
    const message =
      `stream "${name}" is damaged in ${segment.fileName}: ${defect.message}; ` +
      `records ${from} to ${to} cannot be read`
    const details = { stream: name, segment: segment.fileName, from, to, ...defect.details }
    return new StorageError('STREAM_CORRUPT', message, { details })
  }

  /** The offset at which reading can go on: in the segment, else at the next one, else at the tail. */
  #offsetBehindDamage(segment: Segment): number {
    const { segments, visible } = this.#log
    const end = visible()
    const offsetEnd = segments.after(segment)?.baseOffset ?? end.offset
    const limit = segment === end.segment ? end.position : segment.extent().dataEnd
    if (this.#position >= limit) return offsetEnd
    const { bytes } = segment.contents()
    const damaged = { bytes, damagedAt: this.#position, limit }
    return (
      continuationBehind(damaged, offsetBounds(this.#nextOffset, offsetEnd))?.offset ?? offsetEnd
    )
  }
}

function missing(segment: Segment, position: number, offset: number): BatchDefect {
  const { dataEnd } = segment.extent()
  return {
    code: 'TRUNCATED',
    message: `no batch at position ${position} of ${dataEnd} holds offset ${offset}`,
    details: { positionBytes: position },
  }
}
