/** What a consumer of a bench is given, checked: once, in order, none missing. */

import { type RecordBatch } from '@tailrace/client'
import { describe, expect, it } from 'vitest'

import { BenchRecordCodec, type BenchRecord } from '../../../src/bench/bench-record.js'
import { OffsetCheck, RunCheck } from '../../../src/bench/delivery-check.js'
import { Latencies } from '../../../src/bench/latencies.js'

const RUN_ID = 0xfedc_ba98
const SIZE_BYTES = 32

/** A batch as a subscription hands it out, with its first two records left out. */
function batchOf(baseOffset: number, values: readonly Uint8Array[]): RecordBatch<BenchRecord> {
  const codec = new BenchRecordCodec()
  const firstIndex = 2
  const batch = {
    firstIndex,
    endIndex: firstIndex + values.length,
    offset: (index: number) => baseOffset + index - firstIndex,
    value: (index: number) => codec.decode(values[index - firstIndex] ?? new Uint8Array(0)),
  }
  return batch as unknown as RecordBatch<BenchRecord>
}

/** Records `[publisher, number]` of a run. */
function records(pairs: readonly (readonly [number, number])[], runId = RUN_ID): Uint8Array[] {
  const codec = new BenchRecordCodec(SIZE_BYTES)
  return pairs.map(([publisher, number]) =>
    codec.encode({ runId, publisher, number, timeMs: 1000, sizeBytes: SIZE_BYTES }).slice(),
  )
}

function countsOf(check: RunCheck | OffsetCheck) {
  const { recordCount, bytes, missingCount, repeatedCount } = check
  return { recordCount, bytes, missingCount, repeatedCount }
}

describe('the records of a bench', () => {
  it('come back as they were, wherever they lie', () => {
    const record = { runId: RUN_ID, publisher: 3, number: 2 ** 40, timeMs: 1.25e12 + 0.5 }
    const bytes = new BenchRecordCodec(100).encode({ ...record, sizeBytes: 0 })
    const around = new Uint8Array(300)
    around.set(bytes, 77)
    const decoded = new BenchRecordCodec().decodeRange(around.subarray(7), 70, 170)
    expect(decoded).toEqual({ ...record, sizeBytes: 100 })
  })

  it('are told from those that are too short', () => {
    expect(new BenchRecordCodec().decode(new Uint8Array(23)).runId).toBe(-1)
  })
})

describe('the check of a run', () => {
  function runCheck() {
    const latencies = new Latencies()
    return { check: new RunCheck({ runId: RUN_ID, publishers: 2, latencies }), latencies }
  }

  it('finds nothing wrong with records of several publishers, each in order', () => {
    const { check, latencies } = runCheck()
    check.take(
      batchOf(
        0,
        records([
          [0, 0],
          [1, 0],
          [1, 1],
        ]),
      ),
    )
    check.take(
      batchOf(
        3,
        records([
          [0, 1],
          [1, 2],
        ]),
      ),
    )
    check.finish([2, 3])
    expect(countsOf(check)).toEqual({
      recordCount: 5,
      bytes: 5 * SIZE_BYTES,
      missingCount: 0,
      repeatedCount: 0,
    })
    expect(latencies.count).toBe(5)
  })

  it('counts what is missing: in the middle, and at the end', () => {
    const { check } = runCheck()
    check.take(
      batchOf(
        0,
        records([
          [0, 0],
          [0, 3],
        ]),
      ),
    )
    expect(check.missingCount).toBe(2)
    check.finish([6, 1])
    expect(check.missingCount).toBe(2 + 2 + 1)
  })

  it('counts what comes again, or late', () => {
    const { check } = runCheck()
    check.take(
      batchOf(
        0,
        records([
          [0, 0],
          [0, 0],
          [1, 1],
          [1, 0],
        ]),
      ),
    )
    expect(countsOf(check)).toMatchObject({ missingCount: 1, repeatedCount: 2 })
  })

  it('leaves out what is not of this run', () => {
    const { check, latencies } = runCheck()
    const foreign = [...records([[0, 0]], 1), ...records([[2, 0]]), new Uint8Array(5)]
    check.take(batchOf(0, [...foreign, ...records([[0, 0]])]))
    expect(countsOf(check)).toMatchObject({ recordCount: 1, missingCount: 0, repeatedCount: 0 })
    expect(latencies.count).toBe(1)
  })
})

describe('the check of offsets', () => {
  const three = records([
    [0, 0],
    [0, 1],
    [0, 2],
  ])

  it('finds nothing wrong with dense ones, from any start', () => {
    const check = new OffsetCheck({ startOffset: 10, stopOffset: 16, epoch: 0 })
    check.take(batchOf(10, three))
    check.take(batchOf(13, three))
    check.finish()
    expect(countsOf(check)).toEqual({
      recordCount: 6,
      bytes: 6 * SIZE_BYTES,
      missingCount: 0,
      repeatedCount: 0,
    })
  })

  it('counts what is missing, and what comes again', () => {
    const check = new OffsetCheck({ startOffset: 10, stopOffset: 20, epoch: 0 })
    check.take(batchOf(12, three))
    check.take(batchOf(14, three))
    expect(countsOf(check)).toMatchObject({ missingCount: 2, repeatedCount: 1 })
    check.finish()
    expect(check.missingCount).toBe(2 + 3)
  })

  it('does not take for missing what the server has said is gone', () => {
    const check = new OffsetCheck({ startOffset: 0, stopOffset: 8, epoch: 0 })
    check.take(batchOf(0, three))
    check.skip({ from: 3, to: 5, reason: 'retention' })
    check.take(batchOf(5, three))
    check.finish()
    expect(countsOf(check)).toMatchObject({ recordCount: 6, missingCount: 0, repeatedCount: 0 })
  })
})
