/** The segments of a log in order of offset; the last is the active one. */
import type { Segment } from '../segments/segment.js'

/** The segments of a log in order of offset. */
export class SegmentList {
  readonly #segments: Segment[]

  /** @param segments - at least one, ascending by base offset, each beginning where the last ended. */
  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments]
  }

  /** How many segments. */
  get length(): number {
    return this.#segments.length
  }

  /** The oldest segment. */
  get first(): Segment {
    return this.at(0)
  }

  /** The active segment. */
  get last(): Segment {
    return this.at(this.#segments.length - 1)
  }

  /** Bytes of all files. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  /** All of them, oldest first. Not to be kept over an await. */
  get all(): readonly Segment[] {
    return this.#segments
  }

  /** Append time of the last batch; 0 when there is none. */
  lastAppendTimeUs(): number {
    const written = this.#segments.findLast((segment) => segment.extent().batchCount > 0)
    return written?.extent().lastAppendTimeUs ?? 0
  }

  /** The segment at an index. @throws {RangeError} when there is none. */
  at(index: number): Segment {
    const segment = this.#segments[index]
    if (segment === undefined) throw new RangeError(`segment ${index} of ${this.#segments.length}`)
    return segment
  }

  /** Index of the last segment whose base offset is ≤ `offset`; 0 when it precedes all. O(log n). */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** The segment after this one, undefined for the last and for one that was removed. */
  after(segment: Segment): Segment | undefined {
    const index = this.indexOf(segment.baseOffset)
    return this.#segments[index] === segment ? this.#segments[index + 1] : undefined
  }

  /** Adds a new active segment. */
  push(segment: Segment): void {
    if (segment.baseOffset <= this.last.baseOffset) throw new Error('segments ascend by offset')
    this.#segments.push(segment)
  }

  /** Puts a new active segment in the place of the last one, which was empty. */
  replaceLast(segment: Segment): void {
    if (segment.baseOffset !== this.last.baseOffset) throw new Error('the same place in the log')
    this.#segments[this.#segments.length - 1] = segment
  }

  /** Takes out the segments that lie wholly below `offset`, never the active one. Oldest first. */
  removeBelow(offset: number): Segment[] {
    const keep = this.#segments.findIndex((_, index) => {
      const next = this.#segments[index + 1]
      return next === undefined || next.baseOffset > offset
    })
    return this.#segments.splice(0, keep)
  }
}
