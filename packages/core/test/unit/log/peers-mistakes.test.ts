/**
 * What the system this project starts from, and others like it, are known to do wrong. Each was reproduced
 * there; the names say what happened.
 */

import { describe, expect, it, vi } from 'vitest'
import type { Log, LogReader, LogRecord, StartPosition } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { START_US } from '../../support/manual-clock.js'
import { copyOf, offsetsOf, range, readAll } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, openTestStore, SMALL, STREAM } from '../../support/test-store.js'

async function appendOneByOne(log: Log, count: number): Promise<void> {
  await Promise.all(range(0, count).map((at) => log.append({ value: `record ${String(at)}` })))
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Counts how often readers of the log are asked for more. */
function countReads(log: Log): { readonly count: number } {
  const counted = { count: 0 }
  const open = log.reader.bind(log)
  vi.spyOn(log, 'reader').mockImplementation((offset) => {
    const reader: LogReader = open(offset)
    const next = reader.next.bind(reader)
    vi.spyOn(reader, 'next').mockImplementation((maxBytes) => {
      counted.count += 1
      return next(maxBytes)
    })
    return reader
  })
  return counted
}

describe('1. a reader that starts on an empty stream', () => {
  it.each<[string, StartPosition]>([
    ['first', 'first'],
    ['next', 'next'],
    ['the last 10', { last: 10 }],
    ['offset 0', 0],
    ['a time', { timestampUs: START_US }],
  ])('from %s gets offset 0 first, and does not spin until it comes', async (_, from) => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const reads = countReads(log)
    const records = log.read({ from, follow: true })
    const first = records.next()
    await turnsOfTheLoop(50)
    expect(reads.count).toBeLessThanOrEqual(1)
    await log.append([{ value: 'a' }, { value: 'b' }])
    expect((await first).value?.offset).toBe(0)
    expect((await records.next()).value?.offset).toBe(1)
    await records.return()
    // One at the start, one per advance.
    expect(reads.count).toBeLessThanOrEqual(3)
  })

  it('is at the end of a stream whose records were all given up', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendOneByOne(log, 5)
    await log.trim(5)
    for (const from of ['first', 'next', { last: 3 }, 5, { timestampUs: 0 }] as const) {
      expect(log.resolveOffset(from)).toBe(5)
      expect(await offsetsOf(log, { from })).toEqual([])
    }
    await log.append({ value: 'next' })
    expect(await offsetsOf(log, { from: 'first' })).toEqual([5])
  })
})

describe('2. a reader that retention overtakes', () => {
  it('is told the bounds, skips nothing without a word, and goes on with right offsets', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    await appendOneByOne(log, 100)
    const seen: number[] = []
    const records = log.read({ from: 0, follow: true })
    for (let at = 0; at < 3; at += 1) seen.push((await records.next()).value?.offset ?? -1)
    // What was read in one go is still at hand; the reader notices when it needs more.
    for (let at = 0; at < 400; at += 1) await log.append({ value: new Uint8Array(3000) })
    await log.trim(450)
    const error = await errorOf('OFFSET_OUT_OF_RANGE', async () => {
      for await (const { offset } of records) seen.push(offset)
    })
    expect(seen).toEqual(range(0, seen.length))
    expect(error.details).toEqual({
      stream: STREAM,
      offset: seen.length,
      startOffset: 450,
      endOffset: 500,
    })
    expect(error.action).toBe('reset-offset')
    expect(await offsetsOf(log, { from: Number(error.details['startOffset']) })).toEqual(
      range(450, 500),
    )
  })
})

describe('3. the stored position of a consumer', () => {
  it('is what it committed, not what was read', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      const { log } = opened
      await appendOneByOne(log, 20)
      const records = log.read({ from: 'first' })
      for (let at = 0; at < 13; at += 1) await records.next()
      await log.cursors.commit('invoices', 3)
      await records.return()
    }
    await using opened = await openTestStore(directory.path)
    const log = await opened.store.open(STREAM)
    expect(log.cursors.get('invoices')?.offset).toBe(3)
    expect((await offsetsOf(log, { from: log.cursors.get('invoices')?.offset ?? -1 }))[0]).toBe(3)
  })

  it('can be seen, and so can its lag (13.)', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await appendOneByOne(log, 20)
    await log.cursors.commit('invoices', 3)
    const lags = log.cursors.list().map(({ name, offset }) => [name, log.visibleOffset - offset])
    expect(lags).toEqual([['invoices', 17]])
  })
})

describe('6. retention keeps close to its bound', () => {
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

describe('7. where reading starts', () => {
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

describe('12. a setting', () => {
  it('that is not known is refused, not accepted without effect', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const unknown = { ...SMALL, deduplicate: true }
    const error = await errorOf('INVALID_CONFIG', store.ensure('s', unknown))
    expect(error.message).toContain('deduplicate')
    const misspelt = { retention: { maxage: '7d' } as object }
    expect((await errorOf('INVALID_CONFIG', store.ensure('s', misspelt))).message).toContain(
      'retention.maxage',
    )
    expect(store.has('s')).toBe(false)
  })
})
