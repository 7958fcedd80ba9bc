/**
 * Latencies of any number of records in fixed memory: of all so far, and of the last while.
 *
 * They are recorded once, for the while, and added to the rest when it ends: recording is what costs.
 */

import { Int32Histogram } from 'hdr-histogram-js'

/** Latencies of which so many per cent of the records are not above; in milliseconds. */
export interface Quantiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Records with a latency in [`fromMs`, `toMs`). */
export interface LatencyBucket {
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
}

const US_MIN = 1
/** An hour: what takes longer counts as that. */
const US_MAX = 3_600_000_000
const DIGITS = 3
/** 1, 2, 5, 10, … µs: each is a bar of the chart. */
const BOUNDS_US = boundsUpTo(US_MAX)

/** Latencies of one kind. */
export class Latencies {
  readonly #recent = createHistogram()
  readonly #earlier = createHistogram()

  /** Records that so many records had this latency, in milliseconds. */
  record(latencyMs: number, count: number): void {
    const us = Math.min(Math.max(Math.round(latencyMs * 1000), US_MIN), US_MAX)
    this.#recent.recordValueWithCount(us, count)
  }

  /** The quantiles of the while since the last call; undefined when nothing was recorded in it. */
  takeRecent(): Quantiles | undefined {
    const quantiles = quantilesOf(this.#recent)
    this.#earlier.add(this.#recent)
    this.#recent.reset()
    return quantiles
  }

  /** How many were recorded. */
  get count(): number {
    return this.#earlier.totalCount + this.#recent.totalCount
  }

  /** The quantiles of all; undefined when there are none. Ends the while of `takeRecent`. */
  quantiles(): Quantiles | undefined {
    this.takeRecent()
    return quantilesOf(this.#earlier)
  }

  /** All of them, in buckets from the lowest that is not empty to the highest. As `quantiles`. */
  buckets(): readonly LatencyBucket[] {
    this.takeRecent()
    const counts = new Array<number>(BOUNDS_US.length).fill(0)
    let bucket = 0
    for (let index = 0; index < this.#earlier.countsArrayLength; index += 1) {
      const count = this.#earlier.getCountAtIndex(index)
      if (count === 0) continue
      const us = this.#earlier.valueFromIndex(index)
      while (us >= (BOUNDS_US[bucket] ?? Infinity)) bucket += 1
      counts[bucket] = (counts[bucket] ?? 0) + count
    }
    const first = counts.findIndex((count) => count > 0)
    const end = counts.findLastIndex((count) => count > 0) + 1
    return counts.slice(0, end).map(bucketAt).slice(Math.max(first, 0))
  }
}

function bucketAt(count: number, bucket: number): LatencyBucket {
  const fromMs = (BOUNDS_US[bucket - 1] ?? 0) / 1000
  return { fromMs, toMs: (BOUNDS_US[bucket] ?? Infinity) / 1000, count }
}

function createHistogram(): Int32Histogram {
  return new Int32Histogram(US_MIN, US_MAX, DIGITS)
}

function quantilesOf(histogram: Int32Histogram): Quantiles | undefined {
  if (histogram.totalCount === 0) return undefined
  // A quantile is the upper end of its slot, which may lie above the highest value in it.
  const max = histogram.maxValue / 1000
  const at = (percentile: number) =>
    Math.min(max, histogram.getValueAtPercentile(percentile) / 1000)
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max }
}

/** The last one lies above `endUs`. */
function boundsUpTo(endUs: number): readonly number[] {
  const bounds: number[] = []
  for (let decade = 1; (bounds.at(-1) ?? 0) <= endUs; decade *= 10) {
    bounds.push(decade, 2 * decade, 5 * decade)
  }
  return bounds
}
