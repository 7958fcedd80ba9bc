/**
 * Where a subscription ends, as an offset, as soon as there is one.
 *
 * An offset, a count and "at the end" are known at once. A time is an offset only when the first record
 * of that time is there; until then the subscription goes on, and asks again after each advance.
 */

import type { SubscribeStop } from '@tailrace/protocol'

import type { StreamLog } from '../storage/storage-port.js'

/** The end of one subscription. */
export class StopCondition {
  readonly #log: StreamLog
  readonly #startOffset: number
  #stopOffset: number | undefined
  #timestampUs: number | undefined
  /** The visible end up to which no record of the time was found. */
  #searchedOffset = -1

  /** `startOffset` is where the subscription begins; a stop before it is moved there. */
  constructor(log: StreamLog, startOffset: number, stop: SubscribeStop | undefined) {
    this.#log = log
    this.#startOffset = startOffset
    if (stop === undefined) return
    if ('timestampUs' in stop) {
      this.#timestampUs = stop.timestampUs
      return
    }
    this.#stopOffset = Math.max(startOffset, offsetOf(stop, startOffset, endOf(log)))
  }

  /** The first offset that is not delivered; undefined as long as there is no such offset. */
  offset(): number | undefined {
    if (this.#timestampUs === undefined) return this.#stopOffset
    const { visibleOffset } = this.#log
    if (visibleOffset === this.#searchedOffset) return undefined
    const found = this.#log.offsetForTimestamp(this.#timestampUs)
    if (found === undefined) {
      this.#searchedOffset = visibleOffset
      return undefined
    }
    this.#timestampUs = undefined
    this.#stopOffset = Math.max(this.#startOffset, found)
    return this.#stopOffset
  }
}

function offsetOf(
  stop: Exclude<SubscribeStop, { readonly timestampUs: number }>,
  startOffset: number,
  endOffset: number,
): number {
  if ('offset' in stop) return stop.offset
  if ('count' in stop) return Math.min(startOffset + stop.count, Number.MAX_SAFE_INTEGER)
  return endOffset
}

/** The visible end. Where damage ends the log, its end lies behind that, out of reach: nobody is "at the end". */
function endOf({ failure, visibleOffset }: StreamLog): number {
  return failure?.code === 'STREAM_CORRUPT' ? visibleOffset + 1 : visibleOffset
}
