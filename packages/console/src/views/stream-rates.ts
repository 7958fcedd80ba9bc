/**
 * How fast each stream grows, from one look at the list to the next.
 */

/** What is looked at of a stream. */
interface Growing {
  readonly stream: string
  readonly streamId: string
  readonly endOffset: number
}

const MS_PER_SECOND = 1000

/** Records per second by stream. */
export class StreamRates {
  #previous = new Map<string, Growing>()
  #previousMs = 0
  #rates = new Map<string, number>()

  /** Takes a new look, at `nowMs`. A stream that is new or was made anew has no rate yet. */
  update(streams: readonly Growing[], nowMs: number): void {
    const seconds = (nowMs - this.#previousMs) / MS_PER_SECOND
    const rates = new Map<string, number>()
    for (const info of streams) {
      const before = this.#previous.get(info.stream)
      if (before?.streamId !== info.streamId || seconds <= 0) continue
      const grown = Math.max(0, info.endOffset - before.endOffset)
      rates.set(info.stream, grown / seconds)
    }
    this.#rates = rates
    this.#previous = new Map(streams.map((info) => [info.stream, info]))
    this.#previousMs = nowMs
  }

  /** The rate between the last two looks; 0 when there is none. */
  rate(stream: string): number {
    return this.#rates.get(stream) ?? 0
  }
}
