/**
 * "last" that means the start of the last segment, an offset beyond the end that quietly becomes the end,
 * times in whole seconds.
 */

import { describe, expect, it } from 'vitest'
import type { Log, LogRecord } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { copyOf, offsetsOf, range, readAll } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL, STREAM } from '../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

describe('where reading starts', () => {
  it('is the last n records, exactly, within and across batches and segments', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    for (let at = 0; at < 12; at += 1) {
      await log.append(range(0, 7).map(() => ({ value: new Uint8Array(3000) })))
    }
    for (const last of [0, 1, 2, 6, 7, 8, 21, 50, 83, 84, 85, 1000]) {
      const start = Math.max(0, 84 - last)
      expect(await offsetsOf(log, { from: { last } })).toEqual(range(start, 84))
    }
  })

  it('is an error beyond the end and below the start, never quietly somewhere else', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendOneByOne(log, 10)
    await log.trim(4)
    for (const offset of [0, 3, 11, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const error = await errorOf('OFFSET_OUT_OF_RANGE', readAll(log, { from: offset }))
      expect(error.details).toEqual({ stream: STREAM, offset, startOffset: 4, endOffset: 10 })
      await errorOf('OFFSET_OUT_OF_RANGE', () => [...log.batches({ from: offset })])
    }
    for (const offset of [-1, 0.5, NaN, 2 ** 53]) {
      await errorOf('INVALID_REQUEST', readAll(log, { from: offset }))
      await errorOf('INVALID_REQUEST', readAll(log, { from: offset, onOutOfRange: 'clamp' }))
    }
    expect(await offsetsOf(log, { from: 0, onOutOfRange: 'clamp' })).toEqual(range(4, 10))
    expect(await offsetsOf(log, { from: 99, onOutOfRange: 'clamp' })).toEqual([])
  })

  it('is the first record at or after a time, to the microsecond', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, clock } = opened
    const records: Pick<LogRecord, 'offset' | 'appendTimeUs'>[] = []
    const steps = [0, 1, 1, 0, 0, 2, 1000, 1, 0, 60_000_000, 1]
    for (let at = 0; at < 88; at += 1) {
      clock.now += steps[at % steps.length] ?? 0
      const { baseOffset } = await log.append([{ value: new Uint8Array(5000) }, { value: 'b' }])
      for (const offset of [baseOffset, baseOffset + 1]) {
        records.push({ offset, appendTimeUs: clock.now })
      }
    }
    expect(log.describe().segmentCount).toBeGreaterThan(5)
    const times = new Set(records.flatMap(({ appendTimeUs: at }) => [at - 1, at, at + 1]))
    for (const timestampUs of times) {
      const expected = records.find(({ appendTimeUs }) => appendTimeUs >= timestampUs)?.offset
      expect(log.offsetForTimestamp(timestampUs)).toBe(expected)
      expect(log.resolveOffset({ timestampUs })).toBe(expected ?? log.endOffset)
    }
    const read = (await readAll(log, { from: 'first' })).map(copyOf)
    expect(read.map(({ offset, appendTimeUs }) => ({ offset, appendTimeUs }))).toEqual(records)
  })
})
