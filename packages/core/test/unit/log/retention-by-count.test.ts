/**
 * Retention by count: the start moves with every record, and the segments below it go when retention is next
 * applied: with a roll, or from time to time where none comes.
 */
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { readStreamMetadata } from '../../../src/log/stream-metadata.js'
import { segmentFiles } from '../../support/files.js'
import type { ObservedStorage } from '../../support/observed-storage.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, SMALL, STREAM } from '../../support/test-store.js'

/** Of 64 KiB: three of these make a segment. */
const LARGE = new Uint8Array(20_000)

/** Appends twelve records: segments from 0, 3, 6 and 9, the last one with room for small ones. */
async function appendFourSegments(log: Log): Promise<void> {
  for (let at = 0; at < 12; at += 1) await log.append({ value: LARGE })
}

/** Appends small records, which roll no segment, until there are so many. */
async function appendUpTo(log: Log, endOffset: number): Promise<void> {
  while (log.endOffset < endOffset) await log.append({ value: 'small' })
}

function basesOf(root: string): number[] {
  return segmentFiles(root, STREAM).map((name) => parseInt(name, 10))
}

function notedStart(storage: ObservedStorage): number | undefined {
  return readStreamMetadata(storage, `streams/${STREAM}`)?.startOffset
}

describe('a stream with a bound on its records', () => {
  it('gives up whole segments as soon as none of their records is kept, also without a roll', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 10 } }
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    await appendFourSegments(log)
    const kept: [number, readonly number[]][] = [
      [12, [0, 3, 6, 9]],
      [13, [3, 6, 9]],
      [15, [3, 6, 9]],
      [16, [6, 9]],
      [18, [6, 9]],
      [19, [9]],
      [30, [9]],
    ]
    for (const [endOffset, bases] of kept) {
      await appendUpTo(log, endOffset)
      expect(log.startOffset).toBe(endOffset - 10)
      await log.applyRetention()
      expect([endOffset, basesOf(directory.path)]).toEqual([endOffset, bases])
      expect(notedStart(storage)).toBe(bases[0])
      expect(log.startOffset).toBe(endOffset - 10)
    }
  })

  it('writes nothing down where no segment goes', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 10 } }
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    await appendFourSegments(log)
    await appendUpTo(log, 14)
    await log.applyRetention()
    await appendUpTo(log, 15)
    await storage.quiet()
    const before = storage.pathsOf('writeFile').length
    await log.applyRetention()
    expect(storage.pathsOf('writeFile').length).toBe(before)
  })

  it('keeps everything of one that has fewer', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 12 } }
    await using opened = await openTestLog(directory.path, config)
    await appendFourSegments(opened.log)
    await opened.log.applyRetention()
    expect(basesOf(directory.path)).toEqual([0, 3, 6, 9])
    expect(opened.log.startOffset).toBe(0)
  })

  it('counts records once they are durable: those that a loss of power may take replace none', async () => {
    using directory = temporaryDirectory()
    const relaxed = { durability: 'relaxed', flushIntervalMs: 60_000 } as const
    const config = { ...SMALL, ...relaxed, retention: { maxRecords: 2 } }
    await using opened = await openTestLog(directory.path, config)
    const { log } = opened
    await appendFourSegments(log)
    expect(log.durableOffset).toBe(0)
    await log.applyRetention()
    expect(log.startOffset).toBe(0)
    // Files get their names in the background, which nothing has waited for yet.
    await opened.storage.quiet()
    expect(basesOf(directory.path)).toEqual([0, 3, 6, 9])
    await log.flush()
    expect(log.startOffset).toBe(10)
    await log.applyRetention()
    expect([log.startOffset, basesOf(directory.path)]).toEqual([10, [9]])
  })

  it('and one on their age keeps neither what is too old nor what is too many', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxRecords: 12, maxAge: '1h' } }
    await using opened = await openTestLog(directory.path, config)
    const { log, clock } = opened
    const minutes = (count: number): void => {
      clock.advanceMs(count * 60_000)
    }
    for (let at = 0; at < 3; at += 1) await log.append({ value: LARGE })
    minutes(30)
    for (let at = 3; at < 12; at += 1) await log.append({ value: LARGE })
    // What a roll begins in the background looks at the clock, too.
    await opened.storage.quiet()
    minutes(31)
    await appendUpTo(log, 18)
    expect(basesOf(directory.path)).toEqual([0, 3, 6, 9])
    // Too old are the first three, too many the first six.
    await log.applyRetention()
    expect(basesOf(directory.path)).toEqual([6, 9])
    minutes(30)
    // Too old are the first nine, and no more are too many.
    await log.applyRetention()
    expect(basesOf(directory.path)).toEqual([9])
  })
})
