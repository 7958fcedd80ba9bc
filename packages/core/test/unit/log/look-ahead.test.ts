/** The disk is asked for the next segment while a reader is still on the one before. */

import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { openStore, type LogReader } from '../../../src/index.js'
import { ColdStorage } from '../../support/cold-storage.js'
import { errorOf } from '../../support/errors.js'
import { Gate } from '../../support/observed-storage.js'
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, SMALL, STREAM } from '../../support/test-store.js'

const RUN_BYTES = 32 * 1024

/** A log of some sealed segments in a store that was opened again, with nothing in memory. */
async function openColdLog(directory: TemporaryDirectory) {
  {
    await using opened = await openTestLog(directory.path, SMALL)
    await appendSegments(opened.log, 4)
  }
  const names = readdirSync(directory.at(`streams/${STREAM}`))
  const segments = names.filter((name) => name.endsWith('.log')).toSorted()
  const storage = new ColdStorage(directory.path)
  const store = await openStore(directory.path, { storage })
  const log = await store.ensure(STREAM, SMALL)
  const place = (at: number): string => `streams/${STREAM}/${segments[at] ?? 'none'}`
  return { storage, log, place, [Symbol.asyncDispose]: () => store.close() }
}

async function warm(reader: LogReader): Promise<void> {
  await reader.warm(RUN_BYTES)
}

/** Until what was begun besides is done. */
async function settled(storage: ColdStorage): Promise<void> {
  for (let last = -1; last !== storage.work || storage.isWorking;) {
    last = storage.work
    await nextTurn()
  }
}

describe('the look ahead of a reader', () => {
  it('ends quietly when the log is closed meanwhile, which the next read tells', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log } = opened
    const reader = log.reader(0)
    const gate = new Gate()
    const warmUp = storage.warmUp.bind(storage)
    storage.warmUp = async (path) => {
      await gate.pass()
      await warmUp(path)
    }
    const warming = reader.warm(RUN_BYTES)
    await log.close()
    gate.open()
    await warming
    await errorOf('STREAM_CLOSED', () => reader.next(RUN_BYTES))
    expect(reader.warm(RUN_BYTES)).toBeUndefined()
  })

  it('of a log that is read record by record does not hide that it was closed', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { log } = opened
    const records = log.read({ from: 'first' })
    await records.next()
    await log.close()
    await errorOf('STREAM_CLOSED', async () => {
      for await (const { offset } of records) expect(offset).toBeLessThan(log.endOffset)
    })
  })

  it('has the next segment opened and read before the reader gets there, and no other', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log, place } = opened
    const reader = log.reader(0)
    await warm(reader)
    await settled(storage)
    expect(storage.warmed).toContain(place(1))
    // It is looked at again with the next run.
    await warm(reader)
    await settled(storage)
    expect(storage.opened).toContain(place(1))
    expect(storage.askedOf(place(1))).toEqual([[128, expect.any(Number)]])
    expect(storage.warmed).not.toContain(place(2))
    expect(storage.opened).not.toContain(place(2))
    expect(storage.askedOf(place(2))).toEqual([])
  })

  it('never has a reader wait at the end of a segment for what was read by then', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log } = opened
    const reader = log.reader(0)
    let waits = 0
    for (;;) {
      const warming = reader.warm(RUN_BYTES)
      if (warming !== undefined) waits += 1
      await warming
      if (reader.next(RUN_BYTES) === undefined) break
      await settled(storage)
    }
    expect(reader.nextOffset).toBe(log.endOffset)
    // For the first segment to be opened and read. The last one is active and was opened with the log.
    expect(waits).toBeLessThanOrEqual(2)
  })

  it('touches nothing that was not read before', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log, place } = opened
    const reader = log.reader(0)
    for (let run; ;) {
      await warm(reader)
      const { nextOffset } = reader
      run = reader.next(RUN_BYTES)
      if (run === undefined) break
      const at = log.describe().segmentCount
      for (let index = 0; index < at; index += 1) {
        const start = run.bytes.byteOffset
        if (!storage.isBytesOf(place(index), run.bytes)) continue
        const part = { path: place(index), start, end: start + run.bytes.length }
        expect(storage.isThere(part), `offset ${nextOffset}`).toBe(true)
      }
    }
    expect(reader.nextOffset).toBe(log.endOffset)
  })

  it('says that the next segment cannot be read when the reader is there, not before', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log, place } = opened
    storage.interfere = ({ path }) => {
      if (path === place(1)) throw new StorageError('IO_ERROR', 'the disk is worn')
    }
    const reader = log.reader(0)
    const second = Number(place(1).slice(-24, -4))
    while (reader.nextOffset < second) {
      await warm(reader)
      expect(reader.next(RUN_BYTES)).toBeDefined()
      await settled(storage)
    }
    await errorOf('IO_ERROR', warm(reader))
    storage.interfere = () => undefined
    await warm(reader)
    expect(reader.next(RUN_BYTES)).toMatchObject({ baseOffset: second })
  })

  it('goes on where another reader has let the segment go', async () => {
    using directory = temporaryDirectory()
    await using opened = await openColdLog(directory)
    const { storage, log } = opened
    const readers = [log.reader(0), log.reader(0)]
    while (readers.some(({ nextOffset }) => nextOffset < log.endOffset)) {
      for (const reader of readers) {
        await warm(reader)
        reader.next(RUN_BYTES)
        await settled(storage)
      }
    }
    const parts = storage.asked.map(({ path, start }) => `${path} ${start}`)
    expect(new Set(parts).size).toBe(parts.length)
  })
})
