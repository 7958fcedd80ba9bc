/**
 * Bounds how many active segments are mapped at once, over all streams of a store.
 *
 * Ten thousand streams that are written now and then must not keep ten thousand mappings and descriptors
 * (`vm.max_map_count` is 65,530 for a whole process). The active segment of the stream that has been quiet
 * for longest rests: it is opened again by its next append or read.
 */

/** One in so many rests when room is made: one at a time would fail as often as files are opened. */
const ROOM_SHARE = 4

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
  /** As many may stay mapped for now: fewer, once the process could open no more files. */
  #countMaxNow: number
  /** Was opened last; whoever did that may not be done with it. */
  #inUse: Restable | undefined
  /** Could rest when they were touched, the least recently used first. */
  readonly #quiet = new Set<Restable>()
  /** Could not. Whoever can again is touched then. */
  readonly #busy = new Set<Restable>()

  /** @param countMax - how many may stay mapped; busy ones always may. */
  constructor(countMax: number) {
    this.#countMax = countMax
    this.#countMaxNow = countMax
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
      if (quiet === segment || this.count <= this.#countMaxNow) return
      this.#quiet.delete(quiet)
      if (quiet.canRest) quiet.rest()
      else this.#busy.add(quiet)
    }
  }

  /** Says that the segment was opened for something that is to follow at once, and must not rest before. */
  use(segment: Restable): void {
    this.#inUse = segment
  }

  /**
   * The process can open no more files: lets a quarter of those that can rest do so, the least recently used
   * first, and no more stay mapped from now on than are left, so that there is room for what else needs a
   * descriptor. False when none can rest.
   */
  makeRoom(): boolean {
    let wanted = Math.ceil(this.#quiet.size / ROOM_SHARE)
    const countBefore = this.count
    for (const quiet of this.#quiet) {
      if (wanted === 0) break
      if (quiet === this.#inUse) continue
      this.#quiet.delete(quiet)
      if (quiet.canRest) {
        quiet.rest()
        wanted -= 1
      } else this.#busy.add(quiet)
    }
    if (this.count === countBefore) return false
    this.#countMaxNow = Math.min(this.#countMaxNow, this.count)
    return true
  }

  /** From time to time: who took the descriptors may have given them back, so one more may stay mapped. */
  allowMore(): void {
    this.#countMaxNow = Math.min(this.#countMax, this.#countMaxNow + 1)
  }

  /** Takes the segment out of the account: it was sealed or closed. */
  forget(segment: Restable): void {
    this.#quiet.delete(segment)
    this.#busy.delete(segment)
    if (this.#inUse === segment) this.#inUse = undefined
  }
}
