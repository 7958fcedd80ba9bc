/**
 * The newest segment file is gone: a disk repair took it, or a person. What is left looks whole, for a
 * segment takes its recovery point with it. The log must say so, and give no offset out twice.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSegmentFileName, StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { repairStream, verifyStore, type Log } from '../../src/index.js'
import { encodeStreamMetadata, readStreamMetadata } from '../../src/log/stream-metadata.js'
import { writeCheckedFile } from '../../src/storage/checked-file.js'
import { errorOf } from '../support/errors.js'
import { copyDirectory, segmentFiles, streamDirectory } from '../support/files.js'
import { ManualClock } from '../support/manual-clock.js'
import { ObservedStorage } from '../support/observed-storage.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'

type Durability = 'fsync' | 'relaxed'
type Ending = 'closed' | 'killed'

/** A stream whose process has stopped. */
interface Stopped {
  readonly root: string
  readonly epoch: number
  /** Where it ended: all of it was acknowledged. */
  readonly endOffset: number
}

/** Four segments, and a few records more in the last. */
async function stopped(
  paths: { readonly written: string; readonly left: string },
  durability: Durability,
  ending: Ending,
): Promise<Stopped> {
  await using opened = await openTestLog(paths.written, { ...SMALL, durability })
  const { log } = opened
  await appendSegments(log, 3)
  await log.append([{ value: 'a' }, { value: 'b' }])
  await log.flush()
  await settled(log)
  const { epoch, endOffset } = log
  if (ending === 'closed') await opened.store.close()
  const root = copyDirectory(paths.written, paths.left)
  // Written at each roll, too: without it the note alone has to do.
  if (ending === 'killed') rmSync(join(streamDirectory(root, STREAM), 'producers.snapshot'))
  return { root, epoch, endOffset }
}

/** Waits for what goes on behind the appends. */
async function settled(log: Log): Promise<void> {
  await log.applyRetention()
}

/** Removes the newest segment files; returns the base offset of the oldest of them. */
function removeNewest(root: string, count = 1): number {
  const removed = segmentFiles(root, STREAM).slice(-count)
  for (const name of removed) rmSync(join(streamDirectory(root, STREAM), name))
  return parseSegmentFileName(removed[0] ?? '') ?? 0
}

const CASES: readonly (readonly [Durability, Ending])[] = [
  ['fsync', 'closed'],
  ['fsync', 'killed'],
  ['relaxed', 'closed'],
  ['relaxed', 'killed'],
]

describe.each(CASES)('a %s stream, %s, without its newest segment', (durability, ending) => {
  it.each([1, 2])('says so: %d files are gone', async (count) => {
    using written = temporaryDirectory()
    using left = temporaryDirectory()
    const paths = { written: written.path, left: left.path }
    const { root, epoch, endOffset } = await stopped(paths, durability, ending)
    const lostFrom = removeNewest(root, count)
    expect(lostFrom).toBeLessThan(endOffset)

    const found = await verifyStore(root)
    expect(found.isSound).toBe(false)
    expect(found.streams[0]).toMatchObject({
      endOffset: lostFrom,
      defects: [{ code: 'OFFSET_GAP', fromOffset: lostFrom, toOffset: null }],
    })

    await using opened = await openTestLog(root)
    const { log } = opened
    expect(log.recovery.damage).toMatchObject({ from: lostFrom, to: undefined })
    expect(log.describe()).toMatchObject({ endOffset: lostFrom, damage: log.recovery.damage })
    const error = await errorOf('STREAM_CORRUPT', () => log.append({ value: 'again' }))
    expect(error.details).toMatchObject({ from: lostFrom })
    expect([...log.batches({ from: 'first', to: lostFrom })].length).toBeGreaterThan(0)
    const unread = await errorOf('STREAM_CORRUPT', () => [...log.batches({ from: 'first' })])
    expect(unread.details).toMatchObject({ from: lostFrom, to: null })
    expect(log.visibleOffset).toBe(lostFrom)
    if (durability === 'fsync') expect(log.epoch).toBe(epoch)
  })

  it('goes on behind what was given out once it is repaired', async () => {
    using written = temporaryDirectory()
    using left = temporaryDirectory()
    const paths = { written: written.path, left: left.path }
    const { root, epoch, endOffset } = await stopped(paths, durability, ending)
    const from = removeNewest(root)
    const report = await repairStream(root, STREAM, { apply: true })
    expect(report.unrepairable).toEqual([])
    const [gap] = report.gaps
    expect(gap).toMatchObject({ from, reason: 'damage' })
    // Killed, it is known that the segment had begun; stopped, where it ended.
    if (ending === 'closed') expect(gap?.to).toBe(endOffset)
    expect(gap?.to).toBeGreaterThan(from)
    const [stream] = (await verifyStore(root)).streams
    expect(stream).toMatchObject({ defects: [], warnings: [], endOffset: gap?.to })

    await using opened = await openTestLog(root)
    expect(opened.log.epoch).toBeGreaterThan(epoch)
    expect((await opened.log.append({ value: 'again' })).baseOffset).toBe(gap?.to)
    expect(opened.backgroundErrors).toEqual([])
  })
})

/** Replaces the metadata and the snapshot by what a release wrote that noted no end. */
function forgetEnd(root: string): void {
  const directory = streamDirectory(root, STREAM)
  const path = join(directory, 'stream.meta')
  const metadata = readStreamMetadata({ readFile: () => new Uint8Array(readFileSync(path)) }, '')
  if (metadata === undefined) throw new Error('no metadata')
  const { durableOffset: _, ...old } = metadata
  writeFileSync(path, encodeStreamMetadata(old))
  rmSync(join(directory, 'producers.snapshot'), { force: true })
}

describe('the note of the end', () => {
  it('is made at the next opening where it is missing', async () => {
    using written = temporaryDirectory()
    using left = temporaryDirectory()
    using later = temporaryDirectory()
    const paths = { written: written.path, left: left.path }
    const { root, endOffset } = await stopped(paths, 'fsync', 'killed')
    forgetEnd(root)
    expect((await verifyStore(root)).isSound).toBe(true)
    await using opened = await openTestLog(root)
    expect(opened.log.endOffset).toBe(endOffset)
    await settled(opened.log)
    const killed = copyDirectory(root, later.path)
    const from = removeNewest(killed)
    const [stream] = (await verifyStore(killed)).streams
    expect(stream?.defects).toMatchObject([{ code: 'OFFSET_GAP', fromOffset: from }])
  })

  it('costs an opening nothing where it is there, nor a stream of one segment', async () => {
    using directory = temporaryDirectory()
    for (const rolls of [0, 2, 0]) {
      await using opened = await openTestLog(directory.path, SMALL)
      const written = opened.storage.pathsOf('writeFile').length
      await settled(opened.log)
      expect(opened.storage.pathsOf('writeFile')).toHaveLength(written)
      await opened.log.append({ value: 'a' })
      await appendSegments(opened.log, rolls)
    }
  })

  it('is made up for at the stop when the disk was full, and no append failed for it', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage, store, backgroundErrors } = opened
    storage.interfere = ({ kind, path }) => {
      if (kind !== 'writeFile' || !path.includes('stream.meta')) return
      throw new StorageError('NO_SPACE', 'no space left', {})
    }
    await appendSegments(log, 2)
    await settled(log)
    expect(backgroundErrors).not.toEqual([])
    for (const error of backgroundErrors) expect(error).toMatchObject({ code: 'NO_SPACE' })
    expect(log.failure).toBeUndefined()
    storage.interfere = () => undefined
    await store.close()
    rmSync(join(streamDirectory(directory.path, STREAM), 'producers.snapshot'))
    const from = removeNewest(directory.path)
    const [stream] = (await verifyStore(directory.path)).streams
    expect(stream?.defects).toMatchObject([{ code: 'OFFSET_GAP', fromOffset: from }])
  })

  it('is not ahead of a stream whose records have all expired', async () => {
    using directory = temporaryDirectory()
    const clock = new ManualClock()
    const config = { ...SMALL, retention: { maxAge: 1000 } }
    let endOffset
    {
      await using opened = await openTestLog(directory.path, config, { clock })
      endOffset = await appendSegments(opened.log, 2)
      clock.advanceMs(2000)
      // The active segment is left although no record has come for the next one.
      await opened.log.applyRetention()
    }
    {
      await using opened = await openTestLog(directory.path, config, { clock })
      expect(opened.log.recovery.damage).toBeUndefined()
      expect((await opened.log.append({ value: 'next' })).baseOffset).toBe(endOffset)
    }
    expect((await verifyStore(directory.path)).isSound).toBe(true)
  })

  it('says no more than is durable when it is written', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, durability: 'relaxed', flushIntervalMs: 60_000 } as const
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    await appendSegments(log, 1)
    storage.interfere = ({ kind }) => {
      // Records come while the commit is under way, and wait for the next one.
      if (kind !== 'sync') return
      storage.interfere = () => undefined
      void log.append({ value: 'late' })
    }
    const committed = log.endOffset
    await log.flush()
    await settled(log)
    expect(log.endOffset).toBe(committed + 1)
    const path = join(streamDirectory(directory.path, STREAM), 'stream.meta')
    const content = new Uint8Array(readFileSync(path))
    const noted = readStreamMetadata({ readFile: () => content }, '')?.durableOffset
    expect(noted).toBe(committed)
  })
})

describe('a snapshot of producers', () => {
  it.each([
    [2, false],
    [3, true],
  ])('that reaches offset %i of a log of 2 records: proof of loss: %s', async (offset, isLost) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append([{ value: 'a' }, { value: 'b' }])
    }
    const file = { directory: 'streams/s', name: 'producers.snapshot', kind: 'producers' }
    const content = { offset, producers: [] }
    await writeCheckedFile(new ObservedStorage(directory.path), file, content)
    expect((await verifyStore(directory.path)).isSound).toBe(!isLost)
    await using opened = await openTestLog(directory.path)
    expect(opened.log.recovery.damage?.from).toBe(isLost ? 2 : undefined)
  })
})
