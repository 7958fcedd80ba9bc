/**
 * A follower of a stream whose newest segment file is gone. What is left looks whole, and who waits at its
 * end would wait for ever: what is noted beside the segments says that the log had got further.
 */

import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSegmentFileName, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { openStoreReadOnly, type ReadOnlyLog } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { copyDirectory, patchFile, segmentFiles, streamDirectory } from '../support/files.js'
import { ManualScheduler } from '../support/manual-scheduler.js'
import { offsetsOf, range } from '../support/records.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM, type TestLog } from '../support/test-store.js'
import { openFollowedLog } from './support/followed-log.js'

type Durability = 'fsync' | 'relaxed'

/** Resolves when everything is durable and noted. */
async function settled({ log, storage }: TestLog): Promise<void> {
  await log.flush()
  await log.applyRetention()
  await storage.quiet()
}

/** Three segments, as a kill leaves them. */
async function killed(directory: TemporaryDirectory, durability: Durability): Promise<string> {
  await using opened = await openTestLog(directory.at('alive'), { ...SMALL, durability })
  await appendSegments(opened.log, 2)
  await settled(opened)
  return copyDirectory(directory.at('alive'), directory.at('killed'))
}

function newest(root: string): { readonly path: string; readonly baseOffset: number } {
  const name = segmentFiles(root, STREAM).at(-1) ?? ''
  return {
    path: join(streamDirectory(root, STREAM), name),
    baseOffset: parseSegmentFileName(name) ?? 0,
  }
}

/** Reads all and waits for more; what was read before that failed. */
async function readAndWait(log: ReadOnlyLog, offsets: number[]): Promise<void> {
  for await (const { offset } of log.read({ from: 'first', follow: true })) offsets.push(offset)
}

describe.each(['fsync', 'relaxed'] as const)('a %s stream without its newest segment', (mode) => {
  it.each([
    ['is gone', (path: string): void => rmSync(path)],
    ['was cut short', (path: string): void => truncateSync(path, SEGMENT_HEADER_BYTES + 8)],
    ['is empty', (path: string): void => writeFileSync(path, '')],
  ])(
    'is said to be damaged when the file %s, and does not keep anybody waiting',
    async (_, lose) => {
      using directory = temporaryDirectory()
      const root = await killed(directory, mode)
      const { path, baseOffset } = newest(root)
      lose(path)
      await using readOnly = await openStoreReadOnly(root)
      const log = await readOnly.open(STREAM)
      const offsets: number[] = []
      const { details } = await errorOf('STREAM_CORRUPT', readAndWait(log, offsets))
      expect(offsets).toEqual(range(0, baseOffset))
      expect(details).toMatchObject({ stream: STREAM, from: baseOffset, to: null })
      await errorOf('STREAM_CORRUPT', () =>
        log.resolveOffset(baseOffset + 1, { onOutOfRange: 'clamp' }),
      )
      expect(log.describe()).toMatchObject({ endOffset: baseOffset, damage: { from: baseOffset } })
    },
  )

  it('goes on when the file is put back', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory, mode)
    const { path } = newest(root)
    cpSync(path, directory.at('kept'))
    rmSync(path)
    await using readOnly = await openStoreReadOnly(root)
    const log = await readOnly.open(STREAM)
    await errorOf('STREAM_CORRUPT', readAndWait(log, []))
    cpSync(directory.at('kept'), path)
    while (log.recovery.damage !== undefined) log.refresh()
    await using whole = await openTestLog(root)
    expect(await offsetsOf(log)).toEqual(range(0, whole.log.endOffset))
  })

  it('is no damage when all is there and only the recovery points did not survive', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory, mode)
    for (const name of segmentFiles(root, STREAM).slice(-2)) {
      patchFile(join(streamDirectory(root, STREAM), name), (bytes) => {
        bytes.fill(0, 64, SEGMENT_HEADER_BYTES)
        return bytes
      })
    }
    await using readOnly = await openStoreReadOnly(root)
    const log = await readOnly.open(STREAM)
    expect(await offsetsOf(log)).toEqual(range(0, log.visibleOffset))
    expect(log.recovery.damage).toBeUndefined()
  })

  it('tells who waits already', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    const options = { reader: { scheduler } }
    await using all = await openFollowedLog(directory.path, { ...SMALL, durability: mode }, options)
    const { writer, followed } = all
    await writer.log.append({ value: 'a' })
    await settled(writer)
    const offsets: number[] = []
    const waiting = errorOf('STREAM_CORRUPT', readAndWait(followed, offsets))
    while (offsets.length === 0) await new Promise((resolve) => setImmediate(resolve))
    // Nobody looks while segments come and go: time stands still for the follower.
    await appendSegments(writer.log, 2)
    await settled(writer)
    const { path, baseOffset } = newest(directory.path)
    rmSync(path)
    scheduler.advance(1000)
    scheduler.endTurn()
    await waiting
    expect(offsets).toEqual(range(0, baseOffset))
  })

  it('raises no false alarm beside a writer, whatever it is doing', async () => {
    using directory = temporaryDirectory()
    await using writer = await openTestLog(directory.path, { ...SMALL, durability: mode })
    const { log, storage } = writer
    storage.isSerial = true
    let looks = 0
    await using long = await openStoreReadOnly(directory.path)
    const followed = await long.open(STREAM)
    storage.interfere = async () => {
      looks += 1
      await using readOnly = await openStoreReadOnly(directory.path)
      for (const each of [await readOnly.open(STREAM), followed]) {
        each.refresh()
        expect(each.recovery.damage).toBeUndefined()
      }
    }
    const { producerId } = log.openProducer({ name: 'p' })
    expect(producerId).toBeGreaterThan(0)
    await appendSegments(log, 6)
    await log.flush()
    await log.trim(log.durableOffset - 1)
    await settled(writer)
    await writer.store.close()
    expect(looks).toBeGreaterThan(30)
    expect(writer.backgroundErrors).toEqual([])
  })
})
