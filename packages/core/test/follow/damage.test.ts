/** Damage under a follower: told and never delivered; and what it makes of a repair. */

import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { MappedStorage, openStoreReadOnly, repairStream, type LogRecord } from '../../src/index.js'
import { MappedReadOnlyStorage } from '../../src/storage/mapped-read-only-storage.js'
import { offsetsOf } from '../support/records.js'
import { errorOf } from '../support/errors.js'
import { filesOf, flipBit, segmentFiles } from '../support/files.js'
import { Gate } from '../support/observed-storage.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL, STREAM } from '../support/test-store.js'
import { openFollowedLog } from './support/followed-log.js'

/** Records of 10,000 bytes: a batch each, six in a segment of 64 KiB. */
const BATCH = 10_080
const FIRST = '00000000000000000000.log'

/** Position of the n-th batch of a segment. */
function batchAt(index: number): number {
  return 128 + index * BATCH
}

function value(offset: number): { value: Uint8Array } {
  return { value: new Uint8Array(10_000).fill(offset + 1) }
}

describe.each(['fsync', 'relaxed'] as const)('damage in a followed stream, %s', (durability) => {
  it('is reported with its range, wherever it lies, and never delivered', async () => {
    using root = temporaryDirectory()
    const path = root.at('streams', STREAM, FIRST)
    const writer = await openTestLog(root.path, { ...SMALL, durability })
    for (let offset = 0; offset < 10; offset += 1) await writer.log.append(value(offset))
    await writer.store.close()
    // Magic, length, offset, check, body: of a batch in the middle of a sealed segment.
    for (const at of [0, 4, 8, 28, 40, 5000]) {
      flipBit(path, batchAt(2) + at, 1)
      for (const isIndexed of [true, false]) {
        const index = path.replace('.log', '.index')
        const indexBytes = isIndexed ? undefined : readFileSync(index)
        if (!isIndexed) rmSync(index)
        await using readOnly = await openStoreReadOnly(root.path)
        const followed = await readOnly.open(STREAM)
        const records: LogRecord[] = []
        const gaps: unknown[] = []
        const all = followed.read({ from: 'first', onGap: (gap) => gaps.push(gap) })
        for await (const record of all) records.push(record)
        expect(gaps).toEqual([{ from: 2, to: 3, reason: 'damage' }])
        expect(records.map(({ offset }) => offset)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9])
        for (const { offset, value: bytes } of records) {
          expect(bytes.every((byte) => byte === offset + 1)).toBe(true)
        }
        const { details } = await errorOf('STREAM_CORRUPT', offsetsOf(followed))
        expect(details).toMatchObject({ from: 2, to: 3, segment: FIRST })
        if (indexBytes !== undefined) writeFileSync(index, indexBytes)
      }
      flipBit(path, batchAt(2) + at, 1)
    }
  })

  it('in the tail, below what is durable, does not keep a follower from what comes', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer } = all
    for (let offset = 0; offset < 3; offset += 1) await writer.log.append(value(offset))
    await writer.log.flush()
    mapForWriting(root.path)[batchAt(1) + 40] = 0xff
    // One that has not seen the batch before.
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    expect(followed.visibleOffset).toBe(3)
    for (let offset = 3; offset < 9; offset += 1) await writer.log.append(value(offset))
    await writer.log.flush()
    followed.refresh()
    expect(followed.visibleOffset).toBe(9)
    const gaps: unknown[] = []
    expect(await offsetsOf(followed, { from: 'first', onGap: (gap) => gaps.push(gap) })).toEqual([
      0, 2, 3, 4, 5, 6, 7, 8,
    ])
    expect(gaps).toEqual([{ from: 1, to: 2, reason: 'damage' }])
  })

  it('behind what is known to be durable is walked around when the log goes on', async () => {
    using root = temporaryDirectory()
    await using all = await openFollowedLog(root.path, { ...SMALL, durability })
    const { writer, followed } = all
    await writer.log.append(value(0))
    await writer.log.flush()
    followed.refresh()
    // From here on no look. A page of the first segment is lost, with the header of a batch: the walk
    // takes it for the end of the data.
    for (let offset = 1; offset < 14; offset += 1) await writer.log.append(value(offset))
    mapForWriting(root.path).fill(0, batchAt(2), batchAt(2) + 4096)
    await writer.log.flush()
    for (let look = 0; look < 100 && followed.visibleOffset < 14; look += 1) followed.refresh()
    expect(followed.visibleOffset).toBe(14)
    const gaps: unknown[] = []
    const offsets = await offsetsOf(followed, { from: 'first', onGap: (gap) => gaps.push(gap) })
    expect(gaps).toEqual([{ from: 2, to: 3, reason: 'damage' }])
    expect(offsets).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
  })
})

describe('a follower of a stream that is repaired', () => {
  it('goes on over the gap, on the files that took the place of the damaged ones', async () => {
    using root = temporaryDirectory()
    const writer = await openTestLog(root.path, SMALL)
    for (let offset = 0; offset < 10; offset += 1) await writer.log.append(value(offset))
    await writer.store.close()
    await using readOnly = await openStoreReadOnly(root.path)
    const followed = await readOnly.open(STREAM)
    const reader = followed.reader(0)
    expect(reader.next(1)?.endOffset).toBe(1)
    for (const name of segmentFiles(root.path, STREAM)) {
      flipBit(root.at('streams', STREAM, name), batchAt(2) + 40, 1)
    }
    await repairStream(root.path, STREAM, { apply: true })
    expect(filesOf(root.path, STREAM).filter((name) => name.endsWith('.damaged')).length).toBe(4)
    await using reopened = await openTestLog(root.path)
    await reopened.log.append(value(10))
    followed.refresh()
    expect(followed.gaps.map(({ from, to }) => [from, to])).toEqual([
      [2, 3],
      [8, 9],
    ])
    expect(followed.visibleOffset).toBe(11)
    expect(reader.next(1)?.endOffset).toBe(2)
    const { details } = await errorOf('OFFSET_OUT_OF_RANGE', () => reader.next(1))
    expect(details).toMatchObject({ from: 2, to: 3, startOffset: 3, reason: 'damage' })
    expect(await offsetsOf(followed, { from: 'first', onGap: () => undefined })).toEqual([
      0, 1, 3, 4, 5, 6, 7, 9, 10,
    ])
    await reopened.log.append(value(11))
    expect((await offsetsOf(followed, { from: 9 })).slice(-1)).toEqual([11])
  })
})

describe('a segment that is cut in the very moment in which a follower opens it', () => {
  it.each([false, true])('is read to its end; damaged: %s', async (isDamaged) => {
    using root = temporaryDirectory()
    await using writer = await openTestLog(root.path, SMALL)
    // The first segment holds four batches and 24 KiB of nothing, and is not cut before we say so.
    const gate = new Gate()
    writer.storage.interfere = ({ kind }) => (kind === 'resize' ? gate.pass() : undefined)
    for (let offset = 0; offset < 4; offset += 1) await writer.log.append(value(offset))
    await writer.log.append({ value: new Uint8Array(30_000).fill(5) })
    const path = root.at('streams', STREAM, FIRST)
    expect(statSync(path).size).toBe(64 * 1024)
    if (isDamaged) mapForWriting(root.path)[batchAt(1) + 40] = 0xff
    const inner = new MappedReadOnlyStorage(root.path)
    await using readOnly = await openStoreReadOnly(root.path, {
      storage: {
        names: (directory) => inner.names(directory),
        stat: (name) => inner.stat(name),
        readFile: (name) => inner.readFile(name),
        open(name) {
          const file = inner.open(name)
          if (name.endsWith(FIRST)) truncateSync(path, batchAt(4) + 8)
          return file
        },
      },
    })
    const followed = await readOnly.open(STREAM)
    // Whoever looked for batches in all that is mapped would not come back from this.
    const offsets = await offsetsOf(followed, { from: 'first', onGap: () => undefined })
    expect(offsets).toEqual(isDamaged ? [0, 2, 3, 4] : [0, 1, 2, 3, 4])
    expect(statSync(path).size).toBeLessThan(64 * 1024 - 4096)
    gate.open()
  })
})

/** The first segment, to be damaged without a moment in which the file is shorter. */
function mapForWriting(root: string): Uint8Array {
  return new MappedStorage(root).open(`streams/${STREAM}/${FIRST}`, 'write').bytes
}
