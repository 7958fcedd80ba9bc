/** Damage in segments that were sealed long ago: found when they are read, never delivered. */

import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { SEGMENT_HEADER_BYTES, segmentFileName, TailraceError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Log, LogRecord, StartPosition } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { patchFile, segmentFiles, streamDirectory } from '../support/files.js'
import { copyOf, expectRecords, offsetsOf, range, readAll, text } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { openTestLog, SMALL, STREAM, type TestLog } from '../support/test-store.js'

/** Records of the first segment: three batches, of which each is damaged in turn. */
const SMALL_RECORDS = 6

/** A log of three segments: a small one, one with a single large batch, and the active one. */
async function openThree(root: string): Promise<TestLog> {
  const opened = await openTestLog(root, SMALL, { mappedBytesMax: 1 })
  const { log, clock } = opened
  if (log.endOffset > 0) return opened
  await log.append([{ value: 'zero' }, { value: 'one', key: 'k' }])
  clock.advanceMs(1)
  await log.append([{ value: 'two', headers: text('h=2') }, { value: 'three' }])
  clock.advanceMs(1)
  await log.append([{ value: 'four' }, { value: '' }])
  clock.advanceMs(1)
  await log.append({ value: new Uint8Array(65_300).fill(6) })
  await log.append({ value: new Uint8Array(40_000).fill(7) })
  await log.flush()
  await opened.storage.quiet()
  expect(log.describe().segmentCount).toBe(3)
  return opened
}

function firstSegment(root: string): string {
  return join(streamDirectory(root, STREAM), segmentFileName(0))
}

/** Reads until an error; the records before it and the error. */
async function readUntilError(
  log: Log,
  from: StartPosition = 0,
): Promise<{ records: LogRecord[]; error: TailraceError | undefined }> {
  const records: LogRecord[] = []
  try {
    for await (const record of log.read({ from })) records.push(copyOf(record))
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    return { records, error }
  }
  return { records, error: undefined }
}

/** Changes one byte of a file in place, as a failing disk would. */
function flip(path: string, position: number, bit: number): void {
  const descriptor = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  readSync(descriptor, byte, 0, 1, position)
  byte[0] = (byte[0] ?? 0) ^ (1 << bit)
  writeSync(descriptor, byte, 0, 1, position)
  closeSync(descriptor)
}

describe('every bit of the batches of a sealed segment', () => {
  it.each(['with', 'without'])(
    'flipped, %s its index: an error where the damage is, records before and behind it as they were',
    async (indexed) => {
      using directory = temporaryDirectory()
      await using opened = await openThree(directory.path)
      const { log } = opened
      const all = await readAll(log, { from: 0 })
      const path = firstSegment(directory.path)
      if (indexed === 'without') rmSync(path.replace('.log', '.index'))
      const size = readFileSync(path).length
      let errorCount = 0
      for (let position = SEGMENT_HEADER_BYTES; position < size; position += 1) {
        for (let bit = 0; bit < 8; bit += 1) {
          flip(path, position, bit)
          const { records, error } = await readUntilError(log)
          expectRecords(records, all.slice(0, records.length))
          if (error === undefined) {
            // The eight bytes behind the data belong to no batch.
            expect(position).toBeGreaterThanOrEqual(size - 8)
            expect(records.length).toBe(all.length)
          } else {
            errorCount += 1
            expect(error.code).toBe('STREAM_CORRUPT')
            expect(error.details).toMatchObject({ stream: STREAM, from: records.length })
            const to = Number(error.details['to'])
            expect(to).toBeGreaterThan(records.length)
            expect(to).toBeLessThanOrEqual(SMALL_RECORDS)
            const behind = await readUntilError(log, to)
            expectRecords(behind.records, all.slice(to, to + behind.records.length))
          }
          flip(path, position, bit)
          // Another segment takes the place of the first one in the cache, which is opened anew then.
          expectRecords(await readAll(log, { from: SMALL_RECORDS }), all.slice(SMALL_RECORDS))
        }
      }
      expect(errorCount).toBeGreaterThanOrEqual((size - 8 - SEGMENT_HEADER_BYTES) * 8)
      expectRecords(await readAll(log, { from: 0 }), all)
    },
    60_000,
  )

  it('flipped, is never skipped by a look-up of an offset or a time', async () => {
    using directory = temporaryDirectory()
    await using opened = await openThree(directory.path)
    const { log } = opened
    const all = await readAll(log, { from: 0 })
    const path = firstSegment(directory.path)
    const size = readFileSync(path).length
    for (let position = SEGMENT_HEADER_BYTES; position < size - 8; position += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        flip(path, position, bit)
        for (const offset of [0, 2, 4, SMALL_RECORDS]) {
          const timestampUs = all[offset]?.appendTimeUs ?? 0
          for (const from of [offset, { timestampUs }]) {
            const { records, error } = await readUntilError(log, from)
            expectRecords(records, all.slice(offset, offset + records.length))
            if (error !== undefined) expect(error.code).toBe('STREAM_CORRUPT')
            else expect(records.length).toBe(all.length - offset)
          }
          // Opened anew for each look-up, which then meets the damage first.
          await offsetsOf(log, { from: SMALL_RECORDS })
        }
        flip(path, position, bit)
      }
    }
  }, 60_000)
})

describe('an index', () => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['missing', rmSync],
    [
      'empty',
      (path) => {
        writeFileSync(path, '')
      },
    ],
    [
      'cut',
      (path) => {
        patchFile(path, (bytes) => bytes.subarray(0, bytes.length - 1))
      },
    ],
    [
      'garbage',
      (path) => {
        writeFileSync(path, new Uint8Array(500).fill(0x5a))
      },
    ],
    [
      'of another segment',
      (path) => {
        writeFileSync(path, readFileSync(path.replace(/\d{20}/, '00000000000000000006')))
      },
    ],
    [
      'flipped',
      (path) => {
        patchFile(path, (bytes) => {
          bytes[20] = (bytes[20] ?? 0) ^ 1
          return bytes
        })
      },
    ],
  ]

  it.each(damages)(
    'that is %s is made anew from the batches, and said to be',
    async (name, damage) => {
      using directory = temporaryDirectory()
      await (await openThree(directory.path)).store.close()
      const path = firstSegment(directory.path).replace('.log', '.index')
      const whole = readFileSync(path)
      damage(path)
      await using opened = await openThree(directory.path)
      const { log, storage } = opened
      const records = await readAll(log, { from: 0 })
      expect(records.map(({ offset }) => offset)).toEqual(range(0, 8))
      for (const offset of range(0, 8))
        expect(await offsetsOf(log, { from: offset })).toContain(offset)
      // One that is missing is what a kill leaves behind a roll, and nothing to report.
      const indexName = basename(path)
      expect(log.recovery.rebuilt).toEqual(name === 'missing' ? [] : [indexName])
      await log.applyRetention()
      await storage.quiet()
      expect(readFileSync(path).equals(whole)).toBe(true)
      expect(opened.backgroundErrors).toEqual([])
    },
  )

  it('is cut anywhere, or any bit of it flipped, without changing what is read', async () => {
    using directory = temporaryDirectory()
    await using opened = await openThree(directory.path)
    const { log } = opened
    const all = await readAll(log, { from: 0 })
    const path = firstSegment(directory.path).replace('.log', '.index')
    const whole = readFileSync(path)
    const check = async (): Promise<void> => {
      expectRecords(await readAll(log, { from: 3 }), all.slice(3))
      await offsetsOf(log, { from: SMALL_RECORDS })
    }
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length))
      await check()
    }
    for (let position = 0; position < whole.length; position += 1) {
      writeFileSync(path, whole)
      flip(path, position, position % 8)
      await check()
    }
  })

  it('of a segment that is damaged too does not let the segment be cut there', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openThree(directory.path)
      expect(opened.log.endOffset).toBe(8)
    }
    const path = firstSegment(directory.path)
    rmSync(path.replace('.log', '.index'))
    const second = SEGMENT_HEADER_BYTES + readFileSync(path).readUInt32LE(SEGMENT_HEADER_BYTES + 4)
    flip(path, second + 8, 0)
    const before = readFileSync(path)
    {
      await using opened = await openThree(directory.path)
      await opened.storage.quiet()
      await opened.log.append({ value: 'goes on' })
    }
    expect(Buffer.compare(readFileSync(path).subarray(0, before.length), before)).toBe(0)
    flip(path, second + 8, 0)
    await using opened = await openThree(directory.path)
    expect(await offsetsOf(opened.log)).toEqual(range(0, 9))
  })
})

describe('a segment file', () => {
  it('that is lost in the middle is an error with its range, and no silent step over it', async () => {
    using directory = temporaryDirectory()
    await (await openThree(directory.path)).store.close()
    const [, middle = ''] = segmentFiles(directory.path, STREAM)
    rmSync(join(streamDirectory(directory.path, STREAM), middle))
    await using opened = await openThree(directory.path)
    const { log } = opened
    const { records, error } = await readUntilError(log)
    expect(records.map(({ offset }) => offset)).toEqual(range(0, SMALL_RECORDS))
    expect(error).toMatchObject({ code: 'STREAM_CORRUPT' })
    expect(error?.details).toMatchObject({ from: SMALL_RECORDS, to: SMALL_RECORDS + 1 })
    await errorOf('STREAM_CORRUPT', () => log.reader(SMALL_RECORDS).next(1))
    expect(await offsetsOf(log, { from: SMALL_RECORDS + 1 })).toEqual([SMALL_RECORDS + 1])
  })

  it('that is lost at the start is an error with its range', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openThree(directory.path)
      expect(opened.log.startOffset).toBe(0)
    }
    rmSync(firstSegment(directory.path))
    await using opened = await openThree(directory.path)
    const { records, error } = await readUntilError(opened.log)
    expect(records).toEqual([])
    expect(error?.details).toMatchObject({ from: 0, to: SMALL_RECORDS })
    expect((await readUntilError(opened.log, SMALL_RECORDS)).error).toBeUndefined()
  })

  const replacements: readonly (readonly [string, (path: string) => void])[] = [
    [
      'empty',
      (path) => {
        writeFileSync(path, '')
      },
    ],
    [
      'a text',
      (path) => {
        writeFileSync(path, 'not a segment at all\n'.repeat(100))
      },
    ],
    [
      'shorter than a header',
      (path) => {
        patchFile(path, (bytes) => bytes.subarray(0, 100))
      },
    ],
    [
      'only a header',
      (path) => {
        patchFile(path, (bytes) => bytes.subarray(0, SEGMENT_HEADER_BYTES))
      },
    ],
    [
      'all zeros',
      (path) => {
        patchFile(path, (bytes) => bytes.fill(0))
      },
    ],
  ]

  it.each(replacements)(
    'that was replaced by one that is %s is an error where it is read, and appending goes on',
    async (_, replace) => {
      using directory = temporaryDirectory()
      {
        await using opened = await openThree(directory.path)
        expect(opened.log.startOffset).toBe(0)
      }
      replace(firstSegment(directory.path))
      await using opened = await openThree(directory.path)
      const { log } = opened
      const { records, error } = await readUntilError(log)
      expect(records).toEqual([])
      expect(error?.code).toBe('STREAM_CORRUPT')
      expect(error?.details).toMatchObject({ from: 0, to: SMALL_RECORDS })
      await log.append({ value: 'goes on' })
      expect(await offsetsOf(log, { from: SMALL_RECORDS })).toEqual(range(SMALL_RECORDS, 9))
    },
  )

  it('of another stream is not taken for one of this', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openThree(directory.path)
      const other = await opened.store.ensure('other', SMALL)
      await other.append([{ value: 'foreign' }, { value: 'foreign' }, { value: 'foreign' }])
      await other.append([{ value: 'foreign' }, { value: 'foreign' }, { value: 'foreign' }])
      await other.append({ value: new Uint8Array(65_300) })
    }
    const foreign = join(streamDirectory(directory.path, 'other'), segmentFileName(0))
    const path = firstSegment(directory.path)
    writeFileSync(path, readFileSync(foreign))
    writeFileSync(path.replace('.log', '.index'), readFileSync(foreign.replace('.log', '.index')))
    await using opened = await openThree(directory.path)
    const { records, error } = await readUntilError(opened.log)
    expect(records).toEqual([])
    expect(error?.code).toBe('STREAM_CORRUPT')
  })

  it('under the name of another offset is not taken for that one', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openThree(directory.path)
      expect(opened.log.startOffset).toBe(0)
    }
    const stream = streamDirectory(directory.path, STREAM)
    const [first = '', second = ''] = segmentFiles(directory.path, STREAM)
    renameSync(join(stream, first), join(stream, 'aside'))
    renameSync(join(stream, second), join(stream, first))
    renameSync(join(stream, 'aside'), join(stream, second))
    await using opened = await openThree(directory.path)
    const { records, error } = await readUntilError(opened.log)
    expect(records).toEqual([])
    expect(error?.code).toBe('STREAM_CORRUPT')
    expect((await readUntilError(opened.log, SMALL_RECORDS)).error?.code).toBe('STREAM_CORRUPT')
    expect(await offsetsOf(opened.log, { from: 7 })).toEqual([7])
  })
})
