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

/** An account of the active segments that are mapped. */
export class ActiveMappings {
  readonly #countMax: number
  /** In order of use, the least recent first. */
  readonly #mapped = new Set<Restable>()

  /** @param countMax - how many may stay mapped; busy ones always may. */
  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** How many are mapped. */
  get count(): number {
    return this.#mapped.size
  }

  /** Says that the segment was opened or written; others rest when there are too many. */
  touch(segment: Restable): void {
    this.#mapped.delete(segment)
    this.#mapped.add(segment)
    if (this.#mapped.size <= this.#countMax) return
    for (const quiet of this.#mapped) {
      if (quiet === segment || this.#mapped.size <= this.#countMax) return
      if (!quiet.canRest) continue
      this.#mapped.delete(quiet)
      quiet.rest()
    }
  }

  /** Takes the segment out of the account: it was sealed or closed. */
  forget(segment: Restable): void {
    this.#mapped.delete(segment)
  }
}
