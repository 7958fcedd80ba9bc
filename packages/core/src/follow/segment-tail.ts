/**
 * The last segment that a follower shows: open, and walked as far as its batches are visible.
 *
 * It is a segment like that of the writer, with an extent that grows here by looking instead of by
 * appending. The size of the mapping says nothing: the writer cuts the file once it is sealed, and a
 * touch of a page behind the end kills the process. So the walk goes from valid header to valid header,
 * and looks at the 8 bytes behind the last one, which the writer leaves in the file.
 *
 * Why a commit word and checks suffice. The writer stores the commit word last, as a releasing store: what
 * was stored before it is in memory before it. x86 loads in order, too. ARM may load the rest before the
 * word, and see it as it was: then a check does not hold, and the batch is looked at again later. A
 * recovery point is stored after an fdatasync of everything it speaks of, so that below it headers are
 * enough; beyond it, in `relaxed` streams, a batch is there when its body is, too. That is also what keeps
 * a torn tail which nobody has cut yet from being shown, or being taken for damage.
 */
import { readRecoveryPoint, SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import type { BatchView, RecoveryPoint } from '@tailrace/format'
import type { LogMark } from '../log/log-mark.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import { scanBatches } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import { emptyExtent, noteBatch, Segment } from '../segments/segment.js'
import type { SegmentExtent, SegmentLoader } from '../segments/segment.js'
import { VerifiedRanges } from '../segments/verified-ranges.js'
import type { OpenedSegment } from './followed-files.js'

/** What the segments of a followed stream share. */
export interface SegmentEnvironment {
  readonly loader: SegmentLoader
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
}

/** The visible end of the segment that a writer is appending to. */
export class SegmentTail {
  readonly opened: OpenedSegment
  readonly segment: Segment
  readonly #contents: SegmentBytes
  readonly #extent: SegmentExtent

  constructor(environment: SegmentEnvironment, opened: OpenedSegment) {
    const { baseOffset, file } = opened
    const place = {
      baseOffset,
      fileName: segmentFileName(baseOffset),
      sizeBytes: file.bytes.length,
    }
    this.opened = opened
    this.#contents = new SegmentBytes(file)
    this.#extent = emptyExtent(baseOffset)
    this.segment = Segment.active({ ...environment, ...place }, file, this.#extent)
    // Another process wrote the bytes: none of them count as verified.
    this.segment.verified = new VerifiedRanges()
  }

  /** The offset after the last batch that was walked. */
  get endOffset(): number {
    return this.#extent.endOffset
  }

  /** The position after the last batch that was walked. */
  get dataEnd(): number {
    return this.#extent.dataEnd
  }

  /** Where the walk has come to. */
  get mark(): LogMark {
    const { endOffset, dataEnd, lastAppendTimeUs } = this.#extent
    return {
      offset: endOffset,
      segment: this.segment,
      position: dataEnd,
      appendTimeUs: lastAppendTimeUs,
    }
  }

  /** The newest recovery point in the segment's header; undefined while there is none. */
  get point(): RecoveryPoint | undefined {
    const { bytes } = this.#contents
    const point = readRecoveryPoint(bytes)
    if (point === undefined || point.durablePosition > bytes.length) return undefined
    return point.durablePosition < SEGMENT_HEADER_BYTES ? undefined : point
  }

  /**
   * Walks to the recovery point. What lies below it is there, even if a header on the way is damaged now:
   * the walk then goes on at the point, and readers are told.
   */
  walkTo(point: RecoveryPoint): void {
    if (point.durablePosition <= this.#extent.dataEnd) return
    this.#walk('header', point.durablePosition)
    if (point.durablePosition <= this.#extent.dataEnd) return
    this.#extent.endOffset = point.durableOffset
    this.#extent.dataEnd = point.durablePosition
    this.#extent.lastAppendTimeUs = point.appendTimeUs
  }

  /** Walks on over batches that are there whole. */
  walkWhole(): void {
    const start = this.#extent.dataEnd
    this.#walk('whole')
    const end = this.#extent.dataEnd
    if (end > start) this.segment.verified.add(start, end)
  }

  /** Walks to the end of a segment behind which another is known to be durable. */
  walkToEnd(): void {
    this.#walk('header')
  }

  #walk(depth: 'header' | 'whole', limit = this.#contents.bytes.length): void {
    const { dataEnd: start, endOffset: expectedOffset } = this.#extent
    scanBatches(this.#contents, { start, expectedOffset, depth, limit }, this.#note)
  }

  readonly #note = (batch: BatchView, position: number): void => {
    noteBatch(this.#extent, { position, batchLength: batch.batchLength }, batch)
  }
}
