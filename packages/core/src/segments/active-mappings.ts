/**
 * Bounds how many active segments are mapped at once, over all streams of a store.
 *
 * Ten thousand streams that are written now and then must not keep ten thousand mappings and descriptors
 * (`vm.max_map_count` is 65,530 for a whole process). The active segment of the stream that has been quiet
 * for longest rests: it is opened again by its next append or read.
 */

/** An active segment as the account sees it. */
export interface Restable {
  /** True when it is mapped and everything in it is durable, so that letting go loses nothing. */
  readonly canRest: boolean
  /** Lets go of mapping and descriptor. */
  rest(): void
}

/**
 * An account of the active segments that are mapped.
 *
 * Those that can rest are kept apart from those that cannot. Where thousands wait for a sync at once, looking
 * at all of them for one that can rest, with each append, would cost more than the appends.
 */
export class ActiveMappings {
  readonly #countMax: number
  /** Could rest when they were touched, the least recently used first. */
  readonly #quiet = new Set<Restable>()
  /** Could not. Whoever can again is touched then. */
  readonly #busy = new Set<Restable>()

  /** @param countMax - how many may stay mapped; busy ones always may. */
  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** How many are mapped. */
  get count(): number {
    return this.#quiet.size + this.#busy.size
  }

  /**
   * Says that the segment was opened or used, or can rest again; others rest when there are too many. However
   * many there are, each is looked at once for each time it was touched.
   */
  touch(segment: Restable): void {
    this.forget(segment)
    const kind = segment.canRest ? this.#quiet : this.#busy
    kind.add(segment)
    for (const quiet of this.#quiet) {
      if (quiet === segment || this.count <= this.#countMax) return
      this.#quiet.delete(quiet)
      if (quiet.canRest) quiet.rest()
      else this.#busy.add(quiet)
    }
  }

  /** Takes the segment out of the account: it was sealed or closed. */
  forget(segment: Restable): void {
    this.#quiet.delete(segment)
    this.#busy.delete(segment)
  }
}
