/**
 * Finds the segments behind the tail that have a name already, whether their records are visible or not.
 *
 * A segment is named by the offset at which the one before it ends. In `fsync` streams the walk stops at
 * what is durable, and the next recovery point may be in a segment further on: somebody has to walk to
 * the end of what is not yet visible, to learn the names. Nothing of this walk is shown to anybody.
 *
 * It remembers where it was. A writer that is restarted may take back what lay there, so its owner
 * resets it now and then while nothing comes.
 */
import { readRecoveryPoint, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { gapAt } from '../log/gap.js'
import type { Gap } from '../log/gap.js'
import { scanBatches } from '../segments/scan.js'
import { SegmentBytes } from '../segments/segment-bytes.js'
import type { FollowedFiles, OpenedSegment } from './followed-files.js'
import type { SegmentTail } from './segment-tail.js'

/** A place behind which nothing was found yet. */
interface Place {
  readonly opened: OpenedSegment
  readonly contents: SegmentBytes
  position: number
  nextOffset: number
}

/** Looks at what lies behind the visible end of a followed stream. */
export class LookAhead {
  readonly #files: FollowedFiles
  #found: OpenedSegment[] = []
  #place: Place | undefined

  constructor(files: FollowedFiles) {
    this.#files = files
  }

  /** The segments behind the tail in order, as many as have a name. */
  behind(tail: SegmentTail, gaps: readonly Gap[]): readonly OpenedSegment[] {
    let place = this.#placeBehind(tail)
    for (;;) {
      const { contents, position: start, nextOffset: expectedOffset } = place
      const end = scanBatches(contents, { start, expectedOffset, depth: 'header' }, ignore)
      place.position = end.position
      place.nextOffset = end.nextOffset
      this.#place = place
      if (end.defect !== undefined) return this.#found
      const nextOffset = gapAt(gaps, end.nextOffset)?.to ?? end.nextOffset
      const opened = this.#files.openBehind(place.opened, nextOffset)
      if (opened === undefined) return this.#found
      // An empty one that was found before has been replaced.
      if (this.#found.at(-1)?.baseOffset === opened.baseOffset) this.#found.pop()
      this.#found.push(opened)
      place = beginningOf(opened)
    }
  }

  /** Where what was found ends, visible or not; 0 when nothing was looked at. */
  get endOffset(): number {
    return this.#place?.nextOffset ?? 0
  }

  /** Hands over the first `count` of the segments that were found. */
  take(count: number): readonly OpenedSegment[] {
    return this.#found.splice(0, count)
  }

  /** Forgets what was found. */
  reset(): void {
    this.#found = []
    this.#place = undefined
  }

  /** Where the walk was, unless the tail has overtaken it. */
  #placeBehind(tail: SegmentTail): Place {
    const place = this.#place
    if (place !== undefined) {
      if (place.opened !== tail.opened || place.position >= tail.dataEnd) return place
    }
    const { opened, dataEnd, endOffset } = tail
    const contents = place?.opened === opened ? place.contents : new SegmentBytes(opened.file)
    return { opened, contents, position: dataEnd, nextOffset: endOffset }
  }
}

/** True when the header says that something in the segment, or nothing but all before it, is durable. */
export function hasRecoveryPoint({ file }: OpenedSegment): boolean {
  const point = readRecoveryPoint(file.bytes)
  return point !== undefined && point.durablePosition >= SEGMENT_HEADER_BYTES
}

function beginningOf(opened: OpenedSegment): Place {
  return {
    opened,
    contents: new SegmentBytes(opened.file),
    position: SEGMENT_HEADER_BYTES,
    nextOffset: opened.baseOffset,
  }
}

function ignore(): void {
  // Only where the walk ends is of interest.
}
