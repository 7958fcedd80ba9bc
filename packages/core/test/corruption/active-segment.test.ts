/** What a crash, a person or a failing disk leaves in the segment that was being written. */

import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BATCH_LENGTH_AT,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  TailraceError,
} from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Log, LogRecord, StoreOptions } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { copyDirectory, filesOf, flipBit, patchFile, streamDirectory } from '../support/files.js'
import { copyOf, expectRecords, produce, range, readAll, valuesOf } from '../support/records.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { openTestLog, openTestStore, STREAM } from '../support/test-store.js'

/** A stream as a kill leaves it: three durable batches, and one that was appended but never synced. */
interface Killed {
  readonly directory: TemporaryDirectory
  /** The segment file as it was. */
  readonly content: Uint8Array
  /** The durable records. */
  readonly durable: readonly LogRecord[]
  /** Where the batches begin; the last is where the data ends. */
  readonly bounds: readonly number[]
  /** Where the unsynced batch begins. */
  readonly tailStart: number
  readonly tailEnd: number
  /** Writes the stream anew, with a segment of these bytes. */
  restore(segment: Uint8Array): void
}

const ROOT = 'killed'

async function killed(
  directory: TemporaryDirectory,
  durability: 'fsync' | 'relaxed' = 'fsync',
): Promise<Killed> {
  await using opened = await openTestLog(directory.at('alive'), {
    durability,
    segmentBytesMax: '64KiB',
  })
  const { log } = opened
  await log.append([{ value: 'zero' }, { value: 'one', key: 'k' }])
  await log.append({ value: 'two' })
  await log.append({ value: 'three' })
  await log.flush()
  const durable = await readAll(log, { from: 0 })
  log.appendBatch(produce([{ value: 'four' }, { value: 'five!' }]))
  const copy = copyDirectory(directory.at('alive'), directory.at('copy'))
  const content = new Uint8Array(readFileSync(segmentOf(copy)))
  const bounds = boundsOf(content)
  const [tailStart = 0, tailEnd = 0] = bounds.slice(-2)
  return {
    directory,
    content,
    durable,
    bounds,
    tailStart,
    tailEnd,
    restore(segment) {
      rmSync(directory.at(ROOT), { recursive: true, force: true })
      copyDirectory(copy, directory.at(ROOT))
      writeFileSync(segmentOf(directory.at(ROOT)), segment)
    },
  }
}

function segmentOf(root: string): string {
  return join(streamDirectory(root, STREAM), segmentFileName(0))
}

function boundsOf(content: Uint8Array): number[] {
  const view = new DataView(content.buffer, content.byteOffset)
  const bounds = [SEGMENT_HEADER_BYTES]
  for (;;) {
    const position = bounds.at(-1) ?? 0
    const length = view.getUint32(position + BATCH_LENGTH_AT, true)
    if (length === 0) return bounds
    bounds.push(position + length)
  }
}

function evidenceFiles(root: string): string[] {
  return filesOf(root, STREAM).filter((name) => name.endsWith('.torn'))
}

async function recordsUntilError(
  log: Log,
): Promise<{ records: LogRecord[]; code: string | undefined }> {
  const records: LogRecord[] = []
  try {
    for await (const record of log.read({ from: 0 })) records.push(copyOf(record))
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    return { records, code: error.code }
  }
  return { records, code: undefined }
}

/** Whatever was cut: the log takes appends, reads them, and opens again without a complaint. */
async function expectUsable(root: string, before: readonly LogRecord[]): Promise<void> {
  const expected = [...before.map(({ value }) => new TextDecoder().decode(value)), 'new']
  {
    await using opened = await openTestLog(root)
    expect((await opened.log.append({ value: 'new' })).baseOffset).toBe(before.length)
    expect(await valuesOf(opened.log)).toEqual(expected)
  }
  await using opened = await openTestLog(root)
  expect(opened.log.recovery.tornTail).toBeUndefined()
  expect(opened.log.recovery.damage).toBeUndefined()
  expect(await valuesOf(opened.log)).toEqual(expected)
}

describe('whoever opens the store', () => {
  it('is told of a torn tail and of damage, and of nothing else', async () => {
    using directory = temporaryDirectory()
    const { content, bounds, tailStart, restore } = await killed(directory)
    const told: string[] = []
    const onRecovery: NonNullable<StoreOptions['onRecovery']> = (stream, report) => {
      told.push(`${stream}: ${Object.keys(report).sort().join(' ')}`)
    }
    const openOnce = async (bytes: Uint8Array): Promise<void> => {
      restore(bytes)
      await using opened = await openTestStore(directory.at(ROOT), { onRecovery })
      await opened.store.open(STREAM)
    }
    await openOnce(content)
    expect(told).toEqual([])
    const torn = content.slice()
    torn.fill(0, tailStart + 40)
    await openOnce(torn)
    expect(told.splice(0)).toEqual([`${STREAM}: rebuilt scannedBytes tornTail`])
    const damaged = content.slice()
    damaged.fill(1, bounds[1], (bounds[1] ?? 0) + 8)
    await openOnce(damaged)
    expect(told).toEqual([`${STREAM}: damage rebuilt scannedBytes`])
  })
})

describe('a torn tail', () => {
  it('is cut at every byte at which writing may have ended', async () => {
    using directory = temporaryDirectory()
    const { content, durable, tailStart, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (let written = 0; written < tailEnd - tailStart; written += 1) {
      const torn = content.slice()
      torn.fill(0, tailStart + written)
      const isWhole = Buffer.compare(torn, content) === 0
      restore(torn)
      {
        await using opened = await openTestLog(root)
        const { log } = opened
        const { tornTail } = log.recovery
        if (isWhole) {
          expect(log.endOffset).toBe(durable.length + 2)
          continue
        }
        expect(log.endOffset).toBe(durable.length)
        expect(log.failure).toBeUndefined()
        if (written === 0) {
          expect(tornTail).toBeUndefined()
          expect(evidenceFiles(root)).toEqual([])
        } else {
          const kept = readFileSync(join(streamDirectory(root, STREAM), tornTail?.evidence ?? ''))
          expect(tornTail).toMatchObject({
            atPosition: tailStart,
            truncatedBytes: kept.length,
            nextOffset: durable.length,
          })
          const rest = torn.subarray(tailStart)
          expect(Buffer.compare(kept, rest.subarray(0, kept.length))).toBe(0)
          expect(rest.subarray(kept.length).every((byte) => byte === 0)).toBe(true)
        }
        expectRecords(await readAll(log, { from: 0 }), durable)
      }
      if (written % 16 === 9) await expectUsable(root, durable)
    }
  })

  it('is cut where the bytes came in another order: any eight bytes of the batch missing', async () => {
    using directory = temporaryDirectory()
    const { content, durable, tailStart, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (let position = tailStart; position < tailEnd; position += 8) {
      const torn = content.slice()
      torn.fill(0, position, position + 8)
      if (Buffer.compare(torn, content) === 0) continue
      restore(torn)
      {
        await using opened = await openTestLog(root)
        expect(opened.log.endOffset).toBe(durable.length)
        expect(opened.log.recovery.tornTail).toMatchObject({ atPosition: tailStart })
        expect((await opened.log.append({ value: 'new' })).baseOffset).toBe(durable.length)
        expect((await valuesOf(opened.log)).at(-1)).toBe('new')
      }
    }
  })

  it('takes garbage behind the end with it, near and far', async () => {
    using directory = temporaryDirectory()
    const { content, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    const places: readonly (readonly [number, number])[] = [
      [tailEnd, 1],
      [tailEnd, 500],
      [tailEnd + 3, 7],
      [tailEnd + 8, 8],
      [tailEnd + 4096, 100],
      [content.length - 1, 1],
      [content.length - 300, 300],
    ]
    for (const [position, length] of places) {
      const torn = content.slice()
      torn.fill(0xa5, position, position + length)
      restore(torn)
      let before
      {
        await using opened = await openTestLog(root)
        expect(opened.log.endOffset).toBe(6)
        expect(opened.log.recovery.tornTail).toMatchObject({ atPosition: tailEnd, nextOffset: 6 })
        before = await readAll(opened.log, { from: 0 })
      }
      await expectUsable(root, before)
    }
  })

  it('is not resurrected by a shorter batch written over it', async () => {
    using directory = temporaryDirectory()
    const { content, durable, tailStart, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    const torn = content.slice()
    // The commit word of the unsynced batch is missing, and a whole batch lies behind it.
    torn.set(content.subarray(tailStart, tailEnd), tailEnd)
    torn.fill(0, tailStart, tailStart + 8)
    restore(torn)
    await expectUsable(root, durable)
  })

  it('keeps the evidence of every cut', async () => {
    using directory = temporaryDirectory()
    const { content, tailStart, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (const byte of [0x11, 0x22]) {
      if (byte === 0x11) restore(content.fill(byte, tailStart + 8, tailEnd))
      else patchFile(segmentOf(root), (bytes) => bytes.fill(byte, tailStart, tailEnd))
      await using opened = await openTestLog(root)
      expect(opened.log.recovery.tornTail).toBeDefined()
    }
    const contents = evidenceFiles(root).map((name) =>
      readFileSync(join(streamDirectory(root, STREAM), name)),
    )
    expect(contents.some((bytes) => bytes.includes(0x11))).toBe(true)
    expect(contents.some((bytes) => bytes.includes(0x22))).toBe(true)
  })

  it('gives a relaxed stream a new epoch, because readers may have seen what is gone', async () => {
    using directory = temporaryDirectory()
    const { content, durable, tailStart, restore } = await killed(directory, 'relaxed')
    const root = directory.at(ROOT)
    restore(content)
    let epoch
    {
      await using opened = await openTestLog(root)
      expect(opened.log.endOffset).toBe(durable.length + 2)
      epoch = opened.log.epoch
    }
    restore(content.slice().fill(0, tailStart + 20))
    await using opened = await openTestLog(root)
    expect(opened.log.endOffset).toBe(durable.length)
    expect(opened.log.epoch).toBeGreaterThan(epoch)
  })
})

describe('a file that was cut short', () => {
  it('below what is durable is damage, behind it a torn tail', async () => {
    using directory = temporaryDirectory()
    const { content, durable, bounds, tailStart, tailEnd, restore } = await killed(directory)
    const root = directory.at(ROOT)
    const nearBounds = bounds.flatMap((bound) => [
      bound - 8,
      bound - 1,
      bound,
      bound + 1,
      bound + 8,
    ])
    const lengths = [0, 1, 63, 64, 100, ...range(0, tailEnd + 1).filter((at) => at % 40 === 0)]
    for (const length of [...lengths, ...nearBounds].filter((at) => at <= tailEnd)) {
      restore(content)
      truncateSync(segmentOf(root), length)
      await using opened = await openTestLog(root)
      const { log } = opened
      const whole = bounds.filter((bound) => bound <= length).length - 1
      const recordCount = [0, 2, 3, 4][Math.max(0, whole)] ?? durable.length
      const expected = durable.slice(0, recordCount)
      const { records, code } = await recordsUntilError(log)
      if (length < tailStart) {
        expect(code).toBe('STREAM_CORRUPT')
        expect(log.failure, `cut at ${String(length)}`).toMatchObject({ code: 'STREAM_CORRUPT' })
        expect(log.recovery.damage).toMatchObject({ from: expected.length })
        await errorOf('STREAM_CORRUPT', log.append({ value: 'refused' }))
        expectRecords(records, expected)
      } else {
        expect(code).toBeUndefined()
        expect(log.failure).toBeUndefined()
        expectRecords(records.slice(0, durable.length), durable)
        expect((await log.append({ value: 'new' })).baseOffset).toBe(records.length)
      }
    }
  })
})

describe('damage below the recovery point', () => {
  it('is never read as something else, and never makes the log forget what is behind it', async () => {
    using directory = temporaryDirectory()
    const { content, durable, tailStart, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (let position = SEGMENT_HEADER_BYTES; position < tailStart; position += 3) {
      const bit = position % 8
      restore(content)
      flipBit(segmentOf(root), position, bit)
      await using opened = await openTestLog(root)
      const { log } = opened
      const { records, code } = await recordsUntilError(log)
      expectRecords(records, durable.slice(0, records.length))
      expect(records.length).toBeLessThan(durable.length)
      expect(code).toBe('STREAM_CORRUPT')
      if (log.failure === undefined) {
        // A body: only its batch is lost.
        expect(log.endOffset).toBe(durable.length + 2)
        continue
      }
      expect(log.failure.code).toBe('STREAM_CORRUPT')
      expect(log.recovery.damage?.from).toBe(records.length)
      expect(log.failure.details).toMatchObject({ stream: STREAM, from: records.length })
    }
  })

  it('opens the log for reading up to it, and changes nothing', async () => {
    using directory = temporaryDirectory()
    const { content, durable, bounds, restore } = await killed(directory)
    const root = directory.at(ROOT)
    restore(content)
    flipBit(segmentOf(root), (bounds[1] ?? 0) + 9, 3)
    const before = readFileSync(segmentOf(root))
    const names = filesOf(root, STREAM)
    for (let at = 0; at < 2; at += 1) {
      await using opened = await openTestLog(root)
      const { log } = opened
      expect(log.recovery.damage).toMatchObject({ from: 2, segment: segmentFileName(0) })
      expect(log.describe()).toMatchObject({ startOffset: 0, endOffset: 2, visibleOffset: 2 })
      const { records, code } = await recordsUntilError(log)
      expectRecords(records, durable.slice(0, 2))
      expect(code).toBe('STREAM_CORRUPT')
      await errorOf('STREAM_CORRUPT', log.append({ value: 'x' }))
      await errorOf('STREAM_CORRUPT', () => log.appendBatch(produce([{ value: 'x' }])))
      await errorOf('STREAM_CORRUPT', log.makeRoom(100))
      await errorOf('STREAM_CORRUPT', () => log.openProducer({ name: 'p' }))
      await errorOf('STREAM_CORRUPT', log.trim(1))
      await log.applyRetention()
    }
    expect(readFileSync(segmentOf(root)).equals(before)).toBe(true)
    expect(filesOf(root, STREAM)).toEqual(names)
  })

  it('is named to whoever reads up to it, or asks for what is behind it', async () => {
    using directory = temporaryDirectory()
    const { content, bounds, restore } = await killed(directory)
    restore(content)
    flipBit(segmentOf(directory.at(ROOT)), (bounds[1] ?? 0) + 9, 3)
    await using opened = await openTestLog(directory.at(ROOT))
    const { log } = opened
    // That a batch is found at offset 3 is of no use to readers: the log does not go on there.
    const named = { stream: STREAM, segment: segmentFileName(0), from: 2, to: null }
    const expectNamed = async (attempt: Promise<unknown> | (() => unknown)): Promise<void> => {
      const error = await errorOf('STREAM_CORRUPT', attempt)
      expect(error.details).toEqual(named)
      expect(error.message).toMatch(/from offset 2 to 3 in .*tailrace verify.*tailrace repair/)
    }
    const reader = log.reader(0)
    expect(reader.next(1)?.endOffset).toBe(2)
    await expectNamed(() => reader.next(1))
    await expectNamed(() => [...log.batches({ from: 'first' })])
    await expectNamed(readAll(log, { from: 'first' }))
    await expectNamed(log.read({ from: 'next', follow: true }).next())
    await expectNamed(readAll(log, { from: 0, to: 3 }))
    await expectNamed(readAll(log, { from: 0, onGap: () => expect.unreachable('nothing follows') }))
    await expectNamed(() => log.resolveOffset(3))
    await expectNamed(() => log.resolveOffset(3, { onOutOfRange: 'clamp' }))
    expect(log.resolveOffset(2)).toBe(2)
    expect(log.resolveOffset('next')).toBe(2)
    expect(log.resolveOffset({ last: 1 })).toBe(1)
    expect(log.resolveOffset({ timestampUs: Number.MAX_SAFE_INTEGER })).toBe(2)
    expect(await readAll(log, { from: 0, to: 2 })).toHaveLength(2)
    expect([...log.batches({ from: 0, to: 2 })]).toHaveLength(1)
  })

  it('of the header of the only segment is damage from its first record on', async () => {
    using directory = temporaryDirectory()
    const { content, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (let position = 0; position < 64; position += 3) {
      restore(content)
      flipBit(segmentOf(root), position, position % 8)
      await using opened = await openTestLog(root)
      expect(opened.log.failure).toMatchObject({ code: 'STREAM_CORRUPT' })
      expect(opened.log.recovery.damage).toMatchObject({ from: 0 })
      expect((await recordsUntilError(opened.log)).records).toEqual([])
      await errorOf('STREAM_CORRUPT', opened.log.append({ value: 'x' }))
    }
  })

  it('of one recovery point leaves the other', async () => {
    using directory = temporaryDirectory()
    const { content, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (let position = 64; position < SEGMENT_HEADER_BYTES; position += 3) {
      restore(content)
      flipBit(segmentOf(root), position, position % 8)
      await using opened = await openTestLog(root)
      expect(opened.log.failure).toBeUndefined()
      expect(opened.log.endOffset).toBe(6)
      expect(opened.log.recovery.tornTail).toBeUndefined()
    }
  })
})

describe('a file that is no segment of the stream', () => {
  const strangers: readonly (readonly [string, Uint8Array])[] = [
    ['empty', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('hello '.repeat(1000))],
    ['zeros', new Uint8Array(65_536)],
    ['short', new Uint8Array(100).fill(1)],
  ]

  it.each(strangers)('behind the end is put aside when it is %s', async (_, stranger) => {
    using directory = temporaryDirectory()
    const { content, restore } = await killed(directory)
    const root = directory.at(ROOT)
    for (const offset of [6, 7, 1000]) {
      restore(content)
      const path = join(streamDirectory(root, STREAM), segmentFileName(offset))
      writeFileSync(path, stranger)
      await using opened = await openTestLog(root)
      expect(opened.log.failure).toBeUndefined()
      expect(opened.log.endOffset).toBe(6)
      await opened.log.append({ value: 'new' })
      expect(existsSync(path)).toBe(false)
      expect(readFileSync(`${path}.torn`).equals(stranger)).toBe(true)
      expect(await valuesOf(opened.log)).toEqual([
        'zero',
        'one',
        'two',
        'three',
        'four',
        'five!',
        'new',
      ])
    }
  })

  it('but of another one is damage where the only segment was', async () => {
    using directory = temporaryDirectory()
    const { content, restore } = await killed(directory)
    const root = directory.at(ROOT)
    {
      await using opened = await openTestLog(directory.at('other'))
      for (const at of range(0, 6)) await opened.log.append({ value: `foreign ${String(at)}` })
    }
    const foreign = readFileSync(segmentOf(directory.at('other')))
    restore(content)
    writeFileSync(segmentOf(root), foreign)
    await using opened = await openTestLog(root)
    expect(opened.log.failure).toMatchObject({ code: 'STREAM_CORRUPT' })
    expect((await recordsUntilError(opened.log)).records).toEqual([])
  })
})
