/** The figures of a bench as people read them. */

import { describe, expect, it } from 'vitest'

import { latencyChart } from '../../../src/bench/latency-chart.js'
import { LiveLine } from '../../../src/bench/live-line.js'
import { resultText } from '../../../src/bench/result-text.js'
import { type BenchResult } from '../../../src/bench/result.js'
import { formatLatency } from '../../../src/text/latency.js'

const SPEED = {
  records: 1000,
  bytes: 128_000,
  seconds: 2,
  recordsPerSecond: 500,
  bytesPerSecond: 64_000,
}
const LATENCY = {
  count: 1000,
  p50: 0.85,
  p90: 1.234,
  p99: 20,
  p999: 150,
  max: 2500,
  histogram: [
    { fromMs: 0.5, toMs: 1, count: 750 },
    { fromMs: 1, toMs: 2, count: 0 },
    { fromMs: 2, toMs: 5, count: 250 },
  ],
}
const RESULT: BenchResult = {
  bench: 'end-to-end',
  stream: 'bench-1',
  isStreamKept: false,
  durability: 'fsync',
  publishers: 1,
  consumers: 2,
  sizeBytes: 128,
  batchBytes: 65_536,
  ratePerSecond: 500,
  isComplete: true,
  published: SPEED,
  unsentRecords: 0,
  delivered: { ...SPEED, records: 2000 },
  missingRecords: 0,
  repeatedRecords: 0,
  gaps: [],
  acknowledgementMs: LATENCY,
  deliveryMs: LATENCY,
  client: { cpuSeconds: 1.5, cpuCores: 0.75 },
}

describe('the result of a bench', () => {
  it('is two tables, a chart and what else there is to say', () => {
    expect(resultText(RESULT, false)).toBe(`\
end-to-end, stream "bench-1"
1 publisher, 2 consumers, 128 B records, 64 KiB batches, fsync, 500 records/s due

                               RECORDS    BYTES  SECONDS  RECORDS/S   BYTES/S
acknowledged, on disk (fsync)    1,000  125 KiB     2.00        500  62.5 KiB
delivered                        2,000  125 KiB     2.00        500  62.5 KiB

LATENCY                 P50      P90    P99   P99.9    MAX
due to acknowledged  850 µs  1.23 ms  20 ms  150 ms  2.5 s
due to delivered     850 µs  1.23 ms  20 ms  150 ms  2.5 s

DELIVERED WITHIN  RECORDS   SHARE
            1 ms      750  75.00%  ████████████████████████████████████████
            2 ms        0   0.00%
            5 ms      250  25.00%  █████████████▍

client CPU: 1.50 s, 0.75 cores
order: every record once, in order`)
  })

  it('of a publish has a chart of acknowledgements, and says what latency means', () => {
    const published = { consumers: 0, delivered: null, deliveryMs: null, ratePerSecond: null }
    const text = resultText({ ...RESULT, ...published, durability: 'relaxed' }, false)
    expect(text).toContain('relaxed, as fast as acknowledged\n')
    expect(text).toContain('\nacknowledged, taken (relaxed) ')
    expect(text).toContain('\nsent to acknowledged ')
    expect(text).toContain('\nACKNOWLEDGED WITHIN ')
    expect(text).toMatch(/\nlatency: a record waits behind all that was sent before it; .*$/)
    expect(text).not.toContain('order:')
  })

  it('of a consume has no latencies', () => {
    const none = { publishers: 0, sizeBytes: null, batchBytes: null, ratePerSecond: null }
    const consumed = { ...none, published: null, acknowledgementMs: null, deliveryMs: null }
    const text = resultText({ ...RESULT, ...consumed }, false)
    expect(text).toMatch(/^end-to-end, stream "bench-1"\n2 consumers\n\n/)
    expect(text).not.toMatch(/latency|within/i)
  })

  it('does not claim more of a bench that was cut short', () => {
    const text = resultText({ ...RESULT, isComplete: false }, false)
    expect(text).toMatch(/\norder: what was delivered came once, in order$/)
  })

  it('says what was not as it should be', () => {
    const wrong = {
      missingRecords: 3,
      repeatedRecords: 1,
      unsentRecords: 1200,
      gaps: [{ from: 5, to: 7, reason: 'damage' as const }],
    }
    expect(
      resultText({ ...RESULT, ...wrong }, false)
        .split('\n')
        .slice(-3),
    ).toEqual([
      'order: 3 records missing, 1 repeated or out of order',
      'gone: 2 records (offsets 5 to 6), damaged on disk',
      'the rate was too high: 1,200 records due had not been sent, and count in no latency',
    ])
  })
})

describe('a chart of latencies', () => {
  it('shows something of every bucket that has records, and not more than there is room', () => {
    const buckets = [
      { fromMs: 0, toMs: 1, count: 1 },
      { fromMs: 1, toMs: 2, count: 0 },
      { fromMs: 2, toMs: 5, count: 1_000_000 },
    ]
    const lines = latencyChart('WITHIN', buckets, String).split('\n')
    expect(lines[1]).toMatch(/<0\.01% {2}▏$/)
    expect(lines[2]).toMatch(/0\.00%$/)
    expect(lines[3]).toMatch(/100\.00% {2}█{40}$/)
  })
})

describe('a latency', () => {
  it.each([
    [0.001, '1 µs'],
    [0.9994, '999 µs'],
    [0.9996, '1 ms'],
    [12.345, '12.3 ms'],
    [999.6, '1 s'],
    [61_234, '61.2 s'],
  ])('of %s ms is %s', (ms, text) => {
    expect(formatLatency(ms)).toBe(text)
  })
})

describe('the live line', () => {
  const quantiles = { p50: 1, p90: 2, p99: 3.5, p999: 4, max: 5 }

  function watched() {
    return { recordCount: 0, bytes: 0, takeRecent: () => quantiles }
  }

  it('shows the figures of the last second, once a second', () => {
    const state = watched()
    const line = new LiveLine(state, { recordsMax: 10_000, secondsMax: Infinity, columns: 80 })
    state.recordCount = 500
    state.bytes = 51_200
    expect(line.text(500)).toBe(
      '5% · 1,000 records/s · 100 KiB/s · p50 1 ms · p99 3.5 ms · 10s left',
    )
    state.recordCount = 2500
    expect(line.text(600)).toContain('25% · 1,000 records/s')
    expect(line.text(1500)).toContain('25% · 2,000 records/s · 0 B/s')
  })

  it('goes by the limit that is nearer, and never above it', () => {
    const state = watched()
    const line = new LiveLine(state, { recordsMax: 1000, secondsMax: 10, columns: 80 })
    state.recordCount = 100
    expect(line.text(5000)).toMatch(/^50% /)
    expect(line.text(20_000)).toMatch(/^100% /)
  })

  it('has a bar where there is room', () => {
    const limits = { recordsMax: Infinity, secondsMax: 10 }
    expect(new LiveLine(watched(), { ...limits, columns: 105 }).text(5000)).toMatch(/^█{12}░{12} /)
    expect(new LiveLine(watched(), { ...limits, columns: 104 }).text(5000)).toMatch(/^50% /)
  })
})
