import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { offsetsOf, range, text, textOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, openTestStore, SMALL } from '../../support/test-store.js'

async function append(log: Log, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await log.append({ value: text(String(log.endOffset)) })
}

describe('LogReader', () => {
  it('reads runs of whole batches within a budget, and at least one batch', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await append(log, 10)
    const [batch] = [...log.batches({ from: 0, to: 1 })]
    const length = batch?.batchLength ?? 0

    expect(log.reader(0).next(1)).toMatchObject({ baseOffset: 0, endOffset: 1 })
    expect(log.reader(0).next(length * 3)).toMatchObject({ baseOffset: 0, endOffset: 3 })
    expect(log.reader(0).next(length * 4 - 1)).toMatchObject({ baseOffset: 0, endOffset: 3 })
    expect(log.reader(4).next(1_000_000)).toMatchObject({ baseOffset: 4, endOffset: 10 })
  })

  it('says undefined at the tail, and goes on when there is more', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    const reader = log.reader(0)
    expect(reader.next(1000)).toBeUndefined()
    await append(log, 1)
    expect(reader.next(1000)).toMatchObject({ baseOffset: 0, endOffset: 1 })
    expect(reader.next(1000)).toBeUndefined()
    await append(log, 1)
    expect(reader.next(1000)).toMatchObject({ baseOffset: 1, endOffset: 2 })
  })

  it('begins with the batch that holds the offset', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await log.append([{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    expect(log.reader(2).next(1000)).toMatchObject({ baseOffset: 0, endOffset: 3 })
  })

  it('never crosses a segment in one run', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    await appendSegments(log, 2)
    const reader = log.reader(0)
    const ends: number[] = []
    for (let run = reader.next(1e9); run !== undefined; run = reader.next(1e9)) {
      ends.push(run.endOffset)
    }
    expect(ends.length).toBe(log.describe().segmentCount)
    expect(ends.at(-1)).toBe(log.endOffset)
  })

  it('seeks backwards and forwards', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log } = opened
    await appendSegments(log, 3)
    const reader = log.reader(0)
    for (const offset of [log.endOffset - 1, 0, 4, 4, 2]) {
      reader.seek(offset)
      expect(reader.nextOffset).toBe(offset)
      expect(reader.next(1)?.baseOffset).toBe(offset)
    }
  })

  it('refuses what is no offset', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await append(log, 2)
    const reader = log.reader(0)
    for (const offset of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      await errorOf('INVALID_REQUEST', () => log.reader(offset))
      await errorOf('INVALID_REQUEST', () => {
        reader.seek(offset)
      })
    }
    expect(reader.nextOffset).toBe(0)
  })

  it('is told the bounds when retention overtook it, and goes on from the start', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await append(log, 10)
    const reader = log.reader(3)
    await log.trim(6)
    const error = await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1000))
    expect(error.details).toEqual({ stream: 's', offset: 3, startOffset: 6, endOffset: 10 })
    reader.seek(log.startOffset)
    expect(reader.next(1)).toMatchObject({ baseOffset: 6 })
  })

  it('goes on at the end of a segment that was let go and then removed', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await append(log, 1)
    const reader = log.reader(0)
    await appendSegments(log, 1)
    // The reader is at the end of the first segment, which is then cut, closed and removed.
    const run = reader.next(1e9)
    await storage.quiet()
    await log.trim(run?.endOffset ?? 0)
    expect(reader.next(1)).toMatchObject({ baseOffset: run?.endOffset })
  })

  it('keeps what it handed out readable after a trim, an eviction and a deletion', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path, { mappedBytesMax: 1 })
    const log = await opened.store.ensure('s', SMALL)
    await append(log, 3)
    const reader = log.reader(0)
    const run = reader.next(1e9)
    const before = run?.bytes.slice()
    await appendSegments(log, 3)
    await opened.storage.quiet()
    expect(await offsetsOf(log)).toEqual(range(0, log.endOffset))
    await log.trim(log.endOffset)
    await opened.store.delete('s')
    expect(Buffer.compare(run?.bytes ?? new Uint8Array(), before ?? text('none'))).toBe(0)
  })

  it('ends with STREAM_CLOSED when the log is closed or deleted', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const deleted = await opened.store.ensure('deleted')
    const closed = await opened.store.ensure('closed')
    const readers = [deleted.reader(0), closed.reader(0)]
    await opened.store.delete('deleted')
    await opened.store.close()
    for (const reader of readers) await errorOf('STREAM_CLOSED', () => reader.next(1))
  })

  it('reads views, not copies, and views of several readers are the same memory', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log } = opened
    await append(log, 2)
    const [first, second] = [log.reader(0).next(1e6), log.reader(0).next(1e6)]
    expect(first?.bytes.buffer).toBe(second?.bytes.buffer)
    expect(first?.bytes.byteOffset).toBe(second?.bytes.byteOffset)
    expect(textOf(first?.bytes.subarray(-8) ?? text(''))).toContain('1')
  })
})
