/**
 * What a reader will come to next, brought into memory: in the segment it is on, and in the one behind.
 *
 * The next segment is opened, and read, while the reader is still on the last MiB before it: otherwise the
 * disk would rest at each end of a segment until the reader has got there.
 */
import { SEGMENT_HEADER_BYTES, TailraceError } from '@tailrace/format'
import type { SegmentBytes } from '../segments/segment-bytes.js'
import type { Segment } from '../segments/segment.js'
import type { SegmentList } from './segment-list.js'
import { AHEAD_BYTES, WarmWindow } from './warm-window.js'

/** Where a reader is. */
export interface ReaderPlace {
  readonly segment: Segment
  readonly contents: SegmentBytes
  readonly position: number
}

/** The segment behind the one a reader is on. */
interface NextSegment {
  readonly segment: Segment
  /** It can be opened without waiting for the disk. */
  isReady: boolean
  window?: WarmWindow | undefined
}

/** The look ahead of one reader. */
export class LookAhead {
  readonly #segments: SegmentList
  #window: WarmWindow | undefined
  /** The segment behind, from when its opening is prepared. */
  #next: NextSegment | undefined

  constructor(segments: SegmentList) {
    this.#segments = segments
  }

  /**
   * Resolves when the bytes at a place are in memory, as many as a run may have; undefined when they are.
   *
   * @throws {StorageError} IO_ERROR (as a rejection) when the disk cannot read them.
   */
  warm(place: ReaderPlace, runBytes: number): Promise<void> | undefined {
    const { segment, contents, position } = place
    let window = this.#window
    if (window?.isOver(contents) !== true) {
      const ahead = this.#next?.window
      const isAhead = ahead?.isOver(contents) === true
      window = isAhead ? ahead : new WarmWindow(contents, position, segment.extent().dataEnd)
      this.#window = window
      this.#next = undefined
    }
    const warming = window.warm(position, runBytes)
    // Whoever asked hears of it; but should what follows throw, nobody would.
    warming?.catch(() => undefined)
    const bytesBehind = window.bytesBehind(position)
    // Opening takes a while, too.
    if (bytesBehind > -AHEAD_BYTES) this.#next ??= this.#prepare(this.#segments.after(segment))
    if (bytesBehind > 0) this.#warmNext(bytesBehind)
    return warming
  }

  #warmNext(bytes: number): void {
    const next = this.#next
    if (next?.isReady !== true) return
    next.window ??= windowOf(next.segment)
    next.isReady = next.window !== undefined
    // What fails here fails again when the reader gets there, and is told then.
    next.window?.warm(SEGMENT_HEADER_BYTES, 0, bytes)?.catch(() => undefined)
  }

  /** What this process appends to is in memory, or was a moment ago. */
  #prepare(segment: Segment | undefined): NextSegment | undefined {
    if (segment?.isSealed !== true || segment.isClosed) return undefined
    const warming = segment.warmUp()
    const next: NextSegment = { segment, isReady: warming === undefined }
    const onWarm = (): void => {
      next.isReady = true
    }
    warming?.then(onWarm, () => undefined)
    return next
  }
}

/** Undefined when it cannot be opened, or was removed. */
function windowOf(segment: Segment): WarmWindow | undefined {
  if (segment.isClosed) return undefined
  try {
    const contents = segment.contents()
    return new WarmWindow(contents, SEGMENT_HEADER_BYTES, segment.extent().dataEnd)
  } catch (error) {
    if (TailraceError.is(error)) return undefined
    throw error
  }
}
