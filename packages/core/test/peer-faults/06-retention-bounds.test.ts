/**
 * Retention far off its bound, and a purge that leaves tens of thousands of records.
 */

import { describe, expect, it } from 'vitest'
import type { Log } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL } from '../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

describe('retention keeps close to its bound', () => {
  it('by count: exactly, at once, also over a reopening', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 1000 } }
    {
      await using opened = await openTestLog(directory.path, config)
      await appendOneByOne(opened.log, 12_482)
      expect(opened.log.startOffset).toBe(11_482)
      expect((await offsetsOf(opened.log)).length).toBe(1000)
    }
    await using opened = await openTestLog(directory.path, config)
    expect(opened.log.startOffset).toBe(11_482)
    await opened.log.append({ value: 'one more' })
    expect(await offsetsOf(opened.log)).toEqual(range(11_483, 12_483))
  })

  it('by count: the files follow, within a segment', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 10 } }
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    for (let at = 0; at < 50; at += 1) await log.append({ value: new Uint8Array(20_000) })
    await log.applyRetention()
    // Ten records of 20 kB take four segments of 64 KiB; the first holds older ones, too.
    expect(log.describe().segmentCount).toBeLessThanOrEqual(5)
  })

  it.each(['512KiB', '1MiB', '3MiB'])(
    'by bytes (%s): never above it but for the active segment, never a quarter below it',
    async (maxBytes) => {
      using directory = temporaryDirectory()
      const config = { durability: 'relaxed', retention: { maxBytes } } as const
      await using opened = await openTestLog(directory.path, config)
      const { log } = opened
      const bound = log.config.retentionBytes ?? 0
      const share = Math.max(64 * 1024, bound / 8)
      const record = new Uint8Array(1000)
      for (let round = 0; round < 3; round += 1) {
        for (let at = 0; at < (1.3 * bound) / record.length; at += 1) {
          await log.append({ value: record })
        }
        await log.applyRetention()
        expect(log.describe().sizeBytes).toBeLessThanOrEqual(bound)
        const keptBytes = (log.endOffset - log.startOffset) * record.length
        // Less than one segment too many was removed, and the active one may be empty.
        expect(keptBytes).toBeGreaterThan(bound - 2 * share - 0.1 * bound)
      }
    },
  )

  it('between two rolls at most one segment above it, without anyone asking', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxBytes: '512KiB' } }
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    for (let at = 0; at < 200; at += 1) {
      await log.append({ value: new Uint8Array(10_000) })
      await storage.quiet()
      expect(log.describe().sizeBytes).toBeLessThanOrEqual((512 + 64) * 1024)
    }
    expect(log.startOffset).toBeGreaterThan(0)
  })

  it('by age: what is too old goes, also of a stream that nobody writes to any more', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxAge: '1h' } }
    await using opened = await openTestLog(directory.path, config)
    const { log, clock } = opened
    await appendOneByOne(log, 5)
    clock.advanceMs(3_600_000)
    await log.applyRetention()
    expect(log.startOffset).toBe(0)
    clock.now += 1
    await log.applyRetention()
    expect(log.describe()).toMatchObject({ startOffset: 5, endOffset: 5, segmentCount: 1 })
    await log.append({ value: 'young' })
    expect(await offsetsOf(log)).toEqual([5])
  })

  it('trimming to the end leaves nothing', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    for (let at = 0; at < 20; at += 1) await log.append({ value: new Uint8Array(20_000) })
    expect(await log.trim(log.endOffset)).toBe(20)
    expect(await offsetsOf(log)).toEqual([])
    expect(log.describe().segmentCount).toBe(1)
    for (const offset of [NaN, -1, 0.5, 2 ** 53]) await errorOf('INVALID_REQUEST', log.trim(offset))
    const error = await errorOf('OFFSET_OUT_OF_RANGE', log.trim(21))
    expect(error.details).toMatchObject({ offset: 21, startOffset: 20, endOffset: 20 })
    expect(await log.trim(3)).toBe(20)
    expect(log.startOffset).toBe(20)
  })
})
