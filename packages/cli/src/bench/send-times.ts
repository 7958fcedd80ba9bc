/**
 * When the records were sent that are not acknowledged yet, in order.
 *
 * Records that were sent at one time are one entry, so that a fast publisher has few.
 */

const CAPACITY_MIN = 1024

/** A queue of times, each with how many records were sent then. Grows by doubling. */
export class SendTimes {
  #times = new Float64Array(CAPACITY_MIN)
  #counts = new Float64Array(CAPACITY_MIN)
  #first = 0
  #length = 0

  /** One more record was sent at this time. */
  push(timeMs: number): void {
    const last = this.#at(this.#length - 1)
    if (this.#length > 0 && this.#times[last] === timeMs) {
      this.#counts[last] = (this.#counts[last] ?? 0) + 1
      return
    }
    if (this.#length === this.#times.length) this.#grow()
    const next = this.#at(this.#length)
    this.#times[next] = timeMs
    this.#counts[next] = 1
    this.#length += 1
  }

  /** Takes the `count` oldest records; tells `each` how many of them were sent at which time. */
  take(count: number, each: (timeMs: number, count: number) => void): void {
    for (let left = count; left > 0 && this.#length > 0;) {
      const at = this.#first
      const timeMs = this.#times[at] ?? 0
      const available = this.#counts[at] ?? 0
      const taken = Math.min(left, available)
      left -= taken
      if (taken === available) {
        this.#first = this.#at(1)
        this.#length -= 1
      } else {
        this.#counts[at] = available - taken
      }
      each(timeMs, taken)
    }
  }

  #at(index: number): number {
    return (this.#first + index) & (this.#times.length - 1)
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    const counts = new Float64Array(times.length)
    for (let index = 0; index < this.#length; index += 1) {
      times[index] = this.#times[this.#at(index)] ?? 0
      counts[index] = this.#counts[this.#at(index)] ?? 0
    }
    this.#times = times
    this.#counts = counts
    this.#first = 0
  }
}
