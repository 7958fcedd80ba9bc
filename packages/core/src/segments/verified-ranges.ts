/**
 * Which bytes of a segment were verified since its file was opened: a few ascending ranges of positions.
 *
 * Both checksums of a batch are compared when it is first read, and not again: on a replay from memory
 * the second pass costs nothing, and whoever receives the bytes verifies them at the far end in any case.
 */
export class VerifiedRanges {
  /** Starts and ends, alternating, ascending, never touching. */
  #bounds: number[] = []
  readonly #trustedFrom: number

  /**
   * @param trustedFrom - position from which on this process wrote the bytes itself, after whoever handed
   * them over had verified them: they count as verified.
   */
  constructor(trustedFrom = Infinity) {
    this.#trustedFrom = trustedFrom
  }

  /** The end of the range that holds `position`; `position` itself when it was not verified. */
  endAt(position: number): number {
    if (position >= this.#trustedFrom) return Infinity
    for (let at = 0; at + 1 < this.#bounds.length; at += 2) {
      const [start = Infinity, end = 0] = this.#bounds.slice(at, at + 2)
      if (start <= position && position < end) return end
    }
    return position
  }

  /** Adds `[start, end)`, joining it with what it overlaps or touches. */
  add(start: number, end: number): void {
    const joined = { start, end }
    const apart: number[] = []
    for (let at = 0; at + 1 < this.#bounds.length; at += 2) {
      const [otherStart = 0, otherEnd = 0] = this.#bounds.slice(at, at + 2)
      if (otherEnd < start || otherStart > end) {
        apart.push(otherStart, otherEnd)
      } else {
        joined.start = Math.min(joined.start, otherStart)
        joined.end = Math.max(joined.end, otherEnd)
      }
    }
    const after = apart.findIndex((bound, at) => at % 2 === 0 && bound > joined.end)
    apart.splice(after < 0 ? apart.length : after, 0, joined.start, joined.end)
    this.#bounds = apart
  }

  /** How many separate ranges. */
  get count(): number {
    return this.#bounds.length / 2
  }
}
