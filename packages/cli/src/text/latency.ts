/** Latencies for people. */

const DIGITS = 3

/** A latency in milliseconds, to three digits, in the unit that suits it: `850 µs`, `1.23 ms`, `2.5 s`. */
export function formatLatency(ms: number): string {
  const us = Number((ms * 1000).toPrecision(DIGITS))
  if (us < 1000) return `${us} µs`
  if (us < 1_000_000) return `${Number((us / 1000).toPrecision(DIGITS))} ms`
  return `${Number((us / 1_000_000).toPrecision(DIGITS))} s`
}
