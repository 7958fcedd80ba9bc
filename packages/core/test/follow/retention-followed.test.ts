/** Retention and trimming by the writer, as a follower notices them: at its next look, or at a missing file. */

import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { openStoreReadOnly } from '../../src/index.js'
import { offsetsOf } from '../support/records.js'
import { errorOf } from '../support/errors.js'
import { segmentFiles } from '../support/files.js'
import { ManualClock } from '../support/manual-clock.js'
import { temporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../support/test-store.js'
import { follow, openFollowedLog } from './support/followed-log.js'

describe.each(['fsync', 'relaxed'] as const)('a follower of a trimmed stream, %s', (durability) => {
  it('is told the bounds when it asks for what is gone', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    await appendSegments(writer.log, 3)
    await writer.log.flush()
    const reader = followed.reader(0)
    reader.next(1)
    await writer.log.trim(5)
    const bounds = { stream: STREAM, startOffset: 5, endOffset: writer.log.endOffset }
    const early = await errorOf('OFFSET_OUT_OF_RANGE', () => followed.resolveOffset(2))
    expect(early.details).toEqual({ ...bounds, offset: 2 })
    const overtaken = await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1))
    expect(overtaken.details).toEqual({ ...bounds, offset: reader.nextOffset })
    expect(followed.resolveOffset(2, { onOutOfRange: 'clamp' })).toBe(5)
    expect((await offsetsOf(followed))[0]).toBe(5)
    const late = await errorOf('OFFSET_OUT_OF_RANGE', () => followed.resolveOffset(1000))
    expect(late.details).toEqual({ ...bounds, offset: 1000 })
  })

  it('notices a file that was removed before it looked', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestLog(root.path, { ...SMALL, durability })
    await appendSegments(writer.log, 4)
    await writer.log.flush()
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    const reader = followed.reader(1)
    await writer.log.trim(8)
    const { details } = await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1))
    expect(details).toMatchObject({ offset: 1, startOffset: 8 })
    reader.seek(8)
    expect(reader.next(1)?.baseOffset).toBeLessThanOrEqual(8)
  })

  it('finds a time although the segments that were asked first are gone', async () => {
    using root = temporaryDirectory()
    const clock = new ManualClock()
    await using writer = await openTestLog(root.path, { ...SMALL, durability }, { clock })
    const times: number[] = []
    for (let offset = 0; offset < 12; offset += 1) {
      clock.advanceMs(1000)
      times.push(clock.now)
      await writer.log.append({ value: new Uint8Array(20_000) })
    }
    await writer.log.flush()
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    for (const [offset, timeUs] of times.entries()) {
      expect(followed.offsetForTimestamp(timeUs)).toBe(offset)
      expect(followed.offsetForTimestamp(timeUs - 1)).toBe(offset)
    }
    expect(followed.offsetForTimestamp(clock.now + 1)).toBeUndefined()
    await using late = await openStoreReadOnly(root.path)
    const other = await late.open(STREAM)
    await writer.log.trim(7)
    expect(other.offsetForTimestamp(times[2] ?? 0)).toBe(7)
    expect(other.offsetForTimestamp(times[9] ?? 0)).toBe(9)
  })

  it('keeps what it holds readable while the files are removed', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    await appendSegments(writer.log, 3)
    await writer.log.flush()
    const run = followed.reader(0).next(1)
    const copy = run?.bytes.slice()
    await writer.log.trim(writer.log.durableOffset)
    await appendSegments(writer.log, 2)
    await writer.storage.quiet()
    expect(segmentFiles(root.path, STREAM)[0]).not.toBe('00000000000000000000.log')
    followed.refresh()
    expect(run?.bytes).toEqual(copy)
  })

  it('goes on when everything between it and the tail was removed', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    await writer.log.append({ value: 'seen' })
    followed.refresh()
    // Many segments come and go without a look.
    await appendSegments(writer.log, 6)
    await writer.log.flush()
    const start = writer.log.durableOffset - 1
    await writer.log.trim(start)
    const { endOffset } = writer.log
    expect(followed.refresh()).toBe(true)
    expect(followed.startOffset).toBe(start)
    expect(followed.visibleOffset).toBe(endOffset)
    expect(await offsetsOf(followed)).toEqual([start])
    const records = follow(followed, 'next', endOffset + 3)
    await writer.log.append([{ value: 'x' }, { value: 'y' }, { value: 'z' }])
    expect(await records).toHaveLength(3)
  })

  it('follows retention by bytes, with a reader that is overtaken and told so', async () => {
    using root = temporaryDirectory()
    const config = { ...SMALL, durability, retention: { maxBytes: '256KiB' } }
    await using all = await openFollowedLog(root.path, config)
    const { writer, followed } = all
    const slow = followed.reader(0)
    const until = 60
    const fast = follow(followed, 'first', until)
    for (let offset = 0; offset < until; offset += 1) {
      await writer.log.append({ value: new Uint8Array(20_000).fill(offset) })
    }
    expect((await fast).map(({ value }) => value[0])).toEqual(
      Array.from({ length: until }, (_, offset) => offset),
    )
    await writer.log.flush()
    await writer.log.applyRetention()
    expect(writer.log.startOffset).toBeGreaterThan(10)
    followed.refresh()
    expect(followed.startOffset).toBe(writer.log.startOffset)
    await errorOf('OFFSET_OUT_OF_RANGE', () => slow.next(1))
  })

  it('follows retention by count, to the record', async () => {
    using root = temporaryDirectory()
    const config = { ...SMALL, durability, retention: { maxRecords: 5 } }
    await using all = await openFollowedLog(root.path, config)
    const { writer, followed } = all
    for (let offset = 0; offset < 12; offset += 1) await writer.log.append({ value: 'x' })
    await writer.log.flush()
    expect(writer.log.startOffset).toBe(7)
    followed.refresh()
    expect(followed.startOffset).toBe(7)
    expect(await offsetsOf(followed)).toEqual([7, 8, 9, 10, 11])
  })
})

describe('a segment file that somebody else removed', () => {
  it('is an error of the disk, not taken for retention', async () => {
    using root = temporaryDirectory()
    await using writer = await openTestLog(root.path, SMALL)
    await appendSegments(writer.log, 3)
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    rmSync(root.at('streams', STREAM, '00000000000000000000.log'))
    await errorOf('IO_ERROR', () => followed.reader(0).next(1))
    // The rest can still be read.
    expect((await offsetsOf(followed, { from: { last: 2 } })).length).toBe(2)
  })
})
