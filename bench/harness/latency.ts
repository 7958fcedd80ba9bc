/** Latencies of many operations in fixed memory. */
import { build } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'

/** Microseconds; three decimal digits hold from 1 µs to a minute. */
export function latencyHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  })
}

/** A histogram of latencies that were kept one by one, in milliseconds. */
export function histogramOf(latenciesMs: Float64Array): Histogram {
  const histogram = latencyHistogram()
  for (const ms of latenciesMs) histogram.recordValue(Math.max(1, Math.round(ms * 1000)))
  return histogram
}

/** Quantiles in milliseconds. */
export function quantiles(histogram: Histogram): Record<'p50' | 'p99' | 'p999' | 'max', number> {
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000
  return { p50: at(50), p99: at(99), p999: at(99.9), max: histogram.maxValue / 1000 }
}
