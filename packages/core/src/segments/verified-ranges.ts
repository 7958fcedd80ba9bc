/** Ranges of a segment: 64 KiB of memory, and cheap to search and to shift. */
const RANGES_MAX = 4096

/**
 * Which bytes of a segment were verified since its file was opened: ascending ranges of positions.
 *
 * Both checksums of a batch are compared when it is first read, and not again: on a replay from memory
 * the second pass costs nothing, and whoever receives the bytes verifies them at the far end in any case.
 *
 * Who reads here and there leaves a range for each batch. So many are kept and no more; a batch that is
 * forgotten is verified once more when it is read again.
 */
export class VerifiedRanges {
  /** Starts and ends, alternating, ascending, never touching. */
  readonly #bounds: number[] = []
  readonly #trustedFrom: number

  /**
   * @param trustedFrom - position from which on this process wrote the bytes itself, after whoever handed
   * them over had verified them: they count as verified.
   */
  constructor(trustedFrom = Infinity) {
    this.#trustedFrom = trustedFrom
  }

  /**
   * The end of the range that holds `position`; `position` itself when it was not verified, or that is no
   * longer known. O(log n).
   */
  endAt(position: number): number {
    if (position >= this.#trustedFrom) return Infinity
    const end = this.#bounds[2 * this.#beginningUpTo(position) - 1] ?? position
    return Math.max(position, end)
  }

  /**
   * Adds `[start, end)`, joining it with what it overlaps or touches. When there are as many ranges as are
   * kept, the shorter of its two neighbours is forgotten.
   */
  add(start: number, end: number): void {
    const bounds = this.#bounds
    // Those from `first` to `last` overlap or touch it.
    const last = this.#beginningUpTo(end)
    let first = this.#beginningUpTo(start)
    if (first > 0 && (bounds[2 * first - 1] ?? 0) >= start) first -= 1
    if (first === last) {
      if (this.count < RANGES_MAX) bounds.splice(2 * first, 0, start, end)
      else this.#replaceNeighbour(first, { start, end })
      return
    }
    bounds[2 * first] = Math.min(start, bounds[2 * first] ?? start)
    bounds[2 * first + 1] = Math.max(end, bounds[2 * last - 1] ?? end)
    // A reader that goes on where it was only moves an end.
    if (last > first + 1) bounds.splice(2 * first + 2, 2 * (last - first - 1))
  }

  /** Puts a range in the place of the one before or the one at `index`, between which it lies. */
  #replaceNeighbour(index: number, { start, end }: { start: number; end: number }): void {
    const lengthAt = (at: number): number =>
      (this.#bounds[2 * at + 1] ?? Infinity) - (this.#bounds[2 * at] ?? 0)
    const isBefore = index > 0 && lengthAt(index - 1) <= lengthAt(index)
    const at = isBefore ? index - 1 : index
    this.#bounds[2 * at] = start
    this.#bounds[2 * at + 1] = end
  }

  /** How many of the ranges begin at the position or before it. */
  #beginningUpTo(position: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#bounds[2 * middle] ?? 0) <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  /** How many separate ranges. */
  get count(): number {
    return this.#bounds.length / 2
  }
}
