import { BatchView } from '@tailrace/format'
import { FRAME_PREFIX_BYTES } from '@tailrace/protocol'
import { beforeEach, expect, test } from 'vitest'

import { BatchAccumulator } from '../../../src/producer/batch-accumulator.js'
import { FakeClock } from '../../support/fake-clock.js'

const BATCH_BYTES_MAX = 1000
const SERVER_BYTES_MAX = 10_000
const HOUR_US = 3600 * 1_000_000
const stamp = { producerId: 7, producerEpoch: 2, baseSequence: 40 }

let clock: FakeClock
let accumulator: BatchAccumulator

beforeEach(() => {
  clock = new FakeClock()
  accumulator = new BatchAccumulator({ batchBytesMax: BATCH_BYTES_MAX, batchRecordsMax: 5 }, clock)
})

function append(valueBytes: number, timeUs?: number): void {
  const range = { bytes: new Uint8Array(valueBytes + 2), start: 1, end: valueBytes + 1 }
  accumulator.append(range, timeUs === undefined ? undefined : { timeUs }, SERVER_BYTES_MAX)
}

test('leaves room for the prefix and puts the producer into the batch', () => {
  append(10)
  append(20)
  const batch = accumulator.seal(stamp)
  const view = new BatchView(batch.frame, FRAME_PREFIX_BYTES)
  expect(batch.frame.subarray(0, FRAME_PREFIX_BYTES)).toEqual(new Uint8Array(FRAME_PREFIX_BYTES))
  expect(view).toMatchObject({ recordCount: 2, producerId: 7, producerEpoch: 2, baseSequence: 40 })
  expect(view.value(1)).toHaveLength(20)
  expect(accumulator).toMatchObject({ recordCount: 0, sizeBytes: 0 })
})

test('is full by records', () => {
  for (let i = 0; i < 4; i += 1) append(1)
  expect(accumulator.isFull).toBe(false)
  append(1)
  expect(accumulator.isFull).toBe(true)
})

test('does not take a record that would make the batch too long, except alone', () => {
  append(500)
  expect(accumulator.fits(300, undefined)).toBe(true)
  expect(accumulator.fits(500, undefined)).toBe(false)
  accumulator.seal(stamp)
  expect(accumulator.fits(5000, undefined)).toBe(true)
  append(5000)
  expect(accumulator.isFull).toBe(true)
})

test('refuses a record that no batch of the server may hold, and is as it was', () => {
  expect(() => append(SERVER_BYTES_MAX)).toThrow(
    expect.objectContaining({ code: 'BATCH_TOO_LARGE' }),
  )
  expect(accumulator.recordCount).toBe(0)
  append(1)
  expect(accumulator.recordCount).toBe(1)
})

test('dates a batch by its first record, however long it waits', () => {
  const startUs = clock.nowUs()
  append(1)
  clock.sleep(2 * 3_600_000)
  append(1)
  const view = new BatchView(accumulator.seal(stamp).frame, FRAME_PREFIX_BYTES)
  expect(view.createTimeUs).toBe(startUs)
})

test('keeps times that are too far apart in separate batches', () => {
  const nowUs = clock.nowUs()
  append(1, nowUs)
  expect(accumulator.fits(1, { timeUs: nowUs - HOUR_US / 4 })).toBe(true)
  expect(accumulator.fits(1, { timeUs: nowUs - HOUR_US })).toBe(false)
  expect(accumulator.fits(1, undefined)).toBe(true)
})

test('takes times of long ago as long as they are close to each other', () => {
  append(1, HOUR_US)
  append(1, HOUR_US + 5)
  expect(accumulator.fits(1, undefined)).toBe(false)
  const view = new BatchView(accumulator.seal(stamp).frame, FRAME_PREFIX_BYTES)
  expect([view.timeUs(0), view.timeUs(1)]).toEqual([HOUR_US, HOUR_US + 5])
})

test('counts the column of times that the first record with a time brings', () => {
  for (let i = 0; i < 4; i += 1) append(210)
  const size = accumulator.sizeBytes
  const options = { timeUs: clock.nowUs() }
  expect(accumulator.fits(BATCH_BYTES_MAX - size - 4, options)).toBe(false)
  append(10, clock.nowUs())
  expect(accumulator.seal(stamp).frame.byteLength).toBeLessThanOrEqual(
    BATCH_BYTES_MAX + FRAME_PREFIX_BYTES,
  )
})

test('resolves those who wait by their place in the batch', async () => {
  append(1)
  const first = accumulator.waitForLast()
  append(1)
  append(1)
  const third = accumulator.waitForLast()
  accumulator.seal(stamp).waiters?.resolve(100)
  expect(await Promise.all([first, third])).toEqual([100, 102])
})

function appendPlain(valueBytes: number): boolean {
  return accumulator.appendPlain({
    bytes: new Uint8Array(valueBytes + 2),
    start: 1,
    end: valueBytes + 1,
  })
}

test('takes values the short way in the middle of a batch of values, never to its end', () => {
  expect(appendPlain(10)).toBe(false)
  append(10)
  expect(appendPlain(10)).toBe(true)
  expect(appendPlain(0)).toBe(true)
  expect(appendPlain(1000)).toBe(false)
  expect(accumulator.recordCount).toBe(3)
  expect(appendPlain(10)).toBe(true)
  // The fifth would fill the batch.
  expect(appendPlain(10)).toBe(false)
  expect(accumulator.isFull).toBe(false)
  const view = new BatchView(accumulator.seal(stamp).frame, FRAME_PREFIX_BYTES)
  expect([0, 1, 2, 3].map((at) => view.value(at).length)).toEqual([10, 10, 0, 10])
  expect(appendPlain(10)).toBe(false)
})

test('takes values the short way only while the batch stays below its length', () => {
  for (let first = 0; first <= 880; first += 1) {
    append(first)
    if (appendPlain(880 - first)) expect(accumulator.isFull).toBe(false)
    accumulator.discard()
  }
})

test('takes no value the short way into a batch with times', () => {
  append(10, 1)
  expect(appendPlain(10)).toBe(false)
  append(10)
  expect(appendPlain(10)).toBe(false)
})

test('the short way is no longer than before when a codec says nonsense', () => {
  append(10)
  const nonsense = { bytes: new Uint8Array(10), start: 0, end: undefined as unknown as number }
  expect(() => accumulator.appendPlain(nonsense)).toThrow(RangeError)
  expect(appendPlain(BATCH_BYTES_MAX)).toBe(false)
  expect(appendPlain(10)).toBe(true)
})
