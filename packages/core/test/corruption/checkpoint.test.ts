/** What an opening takes from the checkpoint, and what it does where the checkpoint is of no use. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeIndexHeader, SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { verifyStore, type Log, type RecoveryReport } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { copyDirectory, flipBit, patchFile, streamDirectory } from '../support/files.js'
import { produce, readAll, sized } from '../support/records.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { openTestLog, STREAM } from '../support/test-store.js'

const CHECKPOINT = 'checkpoint'
const CONFIG = { segmentBytesMax: '64KiB' } as const
const recoveryLimits = { checkpointBytes: 8 * 1024, unsyncedBytesMax: 32 * 1024 }
/** A batch each, of 1,080 bytes. */
const VALUE_BYTES = 1000
const COUNT = 43

async function open(root: string): Promise<Awaited<ReturnType<typeof openTestLog>>> {
  return openTestLog(root, CONFIG, { recoveryLimits })
}

/** A stream of 43 records as a kill leaves it, in a copy that may be damaged. */
async function killed(directory: TemporaryDirectory, count = COUNT): Promise<string> {
  await using opened = await open(directory.at('alive'))
  for (let at = 0; at < count; at += 1) await opened.log.append({ value: sized(at, VALUE_BYTES) })
  await opened.storage.quiet()
  return copyDirectory(directory.at('alive'), directory.at('killed'))
}

function fileOf(root: string, name: string): string {
  return join(streamDirectory(root, STREAM), name)
}

const SEGMENT = segmentFileName(0)

async function expectAll(log: Log, count = COUNT): Promise<void> {
  const records = await readAll(log, { from: 'first' })
  expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, at) => at))
  for (const { offset, value } of records) expect(value).toEqual(sized(offset, VALUE_BYTES))
  // By offset and by time, through the index that the checkpoint brought.
  const middle = records[count >> 1]
  expect((await readAll(log, { from: count - 1 })).map(({ offset }) => offset)).toEqual([count - 1])
  expect(log.offsetForTimestamp(middle?.appendTimeUs ?? 0)).toBeLessThanOrEqual(count >> 1)
}

async function reopened(root: string, count = COUNT): Promise<RecoveryReport> {
  await using opened = await open(root)
  await expectAll(opened.log, count)
  expect(await opened.log.append({ value: 'more' })).toMatchObject({ baseOffset: count })
  expect(opened.backgroundErrors).toEqual([])
  return opened.log.recovery
}

describe('a stream with a checkpoint', () => {
  it('is read from there on when it is opened after a kill', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    expect(existsSync(fileOf(root, CHECKPOINT))).toBe(true)
    const { scannedBytes, tornTail, damage } = await reopened(root)
    // What came since the last checkpoint, and what came while that was being stored.
    expect(scannedBytes).toBeLessThan(2 * recoveryLimits.checkpointBytes)
    expect(scannedBytes).toBeGreaterThan(0)
    expect({ tornTail, damage }).toEqual({})
  })

  it('has none at all below the first eighth of the interval, and one at a stop from there on', async () => {
    using directory = temporaryDirectory()
    const least = recoveryLimits.checkpointBytes / 8
    for (const [name, bytes] of [
      ['below', least - 200],
      ['there', least],
    ] as const) {
      const root = directory.at(name)
      {
        await using opened = await open(root)
        await opened.log.append({ value: new Uint8Array(bytes) })
      }
      expect(existsSync(fileOf(root, CHECKPOINT)), name).toBe(name === 'there')
    }
  })

  it.each([
    ['is missing', (path: string): void => rmSync(path)],
    ['is empty', (path: string): void => writeFileSync(path, '')],
    ['has a flipped bit', (path: string): void => flipBit(path, 200, 3)],
    ['is cut short', (path: string): void => patchFile(path, (bytes) => bytes.subarray(0, -1))],
  ])('is read from its segment when the checkpoint %s', async (_, damage) => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    damage(fileOf(root, CHECKPOINT))
    const { scannedBytes } = await reopened(root)
    expect(scannedBytes).toBeGreaterThan(COUNT * VALUE_BYTES)
  })

  it('is not taken for another stream of which a directory was copied', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    const other = directory.at('other')
    {
      await using opened = await open(other)
      for (let at = 0; at < COUNT; at += 1)
        await opened.log.append({ value: sized(at, VALUE_BYTES) })
    }
    writeFileSync(fileOf(root, CHECKPOINT), readFileSync(fileOf(other, CHECKPOINT)))
    const { scannedBytes } = await reopened(root)
    expect(scannedBytes).toBeGreaterThan(COUNT * VALUE_BYTES)
  })

  it('is read from its segment when batches before the end of the checkpoint are others', async () => {
    using directory = temporaryDirectory()
    const alive = directory.at('alive')
    await using opened = await open(alive)
    const { log, storage } = opened
    for (let at = 0; at < 3; at += 1) await log.append({ value: sized(at, VALUE_BYTES) })
    await storage.quiet()
    // A segment of the same stream as it once was: what a person may have put back from a copy.
    const shorter = copyDirectory(alive, directory.at('shorter'))
    for (let at = 3; at < COUNT; at += 1) await log.append({ value: sized(at, VALUE_BYTES) })
    await storage.quiet()
    writeFileSync(fileOf(shorter, CHECKPOINT), readFileSync(fileOf(alive, CHECKPOINT)))
    const { scannedBytes } = await reopened(shorter, 3)
    expect(scannedBytes).toBeGreaterThan(3 * VALUE_BYTES)
  })
})

describe('the checkpoint as recovery point', () => {
  /** Takes the header's own points away: what a disk may do to a sector. */
  function wipePoints(root: string): void {
    patchFile(fileOf(root, SEGMENT), (bytes) => {
      bytes.fill(0, 64, SEGMENT_HEADER_BYTES)
      return bytes
    })
  }

  it('makes invalid bytes below it damage, where the header knows of none', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    const { position } = checkpointEnd(root)
    wipePoints(root)
    // Behind the last index entry or not: what is durable is never cut off.
    for (let at = SEGMENT_HEADER_BYTES + 20; at < position; at += 4 * 1080) {
      const copy = copyDirectory(root, directory.at(`flipped-${String(at)}`))
      flipBit(fileOf(copy, SEGMENT), at, 1)
      await using opened = await open(copy)
      const { damage, tornTail } = opened.log.recovery
      expect(tornTail, `flipped at ${String(at)}`).toBeUndefined()
      if (damage === undefined) await errorOf('STREAM_CORRUPT', readAllUntilDamage(opened.log))
      else await errorOf('STREAM_CORRUPT', opened.log.append({ value: 'no' }))
    }
  })

  it('leaves what lies behind it a torn tail', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    const { position, offset } = checkpointEnd(root)
    wipePoints(root)
    flipBit(fileOf(root, SEGMENT), position + 20, 1)
    await using opened = await open(root)
    const { damage, tornTail } = opened.log.recovery
    expect(damage).toBeUndefined()
    expect(tornTail).toMatchObject({ atPosition: position, nextOffset: offset })
  })

  /** Where the checkpoint says the durable part ends. */
  function checkpointEnd(root: string): { position: number; offset: number } {
    const content = readFileSync(fileOf(root, CHECKPOINT), 'utf8')
    const { index } = JSON.parse(content.slice(content.indexOf('\n') + 1)) as { index: string }
    const bytes = new Uint8Array(Buffer.from(index, 'base64'))
    const { endOffset, dataEndPosition } = decodeIndexHeader(bytes)
    return { position: dataEndPosition, offset: endOffset }
  }
})

describe('damage below the checkpoint', () => {
  it('is found when it is read, not when the log is opened, and by verify', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    flipBit(fileOf(root, SEGMENT), SEGMENT_HEADER_BYTES + 2 * 1080 + 30, 0)
    {
      await using opened = await open(root)
      expect(opened.log.recovery.damage).toBeUndefined()
      expect(await opened.log.append({ value: 'more' })).toMatchObject({ baseOffset: COUNT })
      await errorOf('STREAM_CORRUPT', readAllUntilDamage(opened.log))
    }
    const [stream] = (await verifyStore(root)).streams
    expect(stream?.defects).toHaveLength(1)
  })
})

describe('verify', () => {
  it('warns of a damaged checkpoint, and says nothing of one that is whole', async () => {
    using directory = temporaryDirectory()
    const root = await killed(directory)
    {
      await using opened = await open(root)
      await opened.log.flush()
    }
    const [whole] = (await verifyStore(root)).streams
    expect(whole).toMatchObject({ defects: [], warnings: [] })
    flipBit(fileOf(root, CHECKPOINT), 100, 0)
    const [damaged] = (await verifyStore(root)).streams
    expect(damaged).toMatchObject({ defects: [], warnings: [{ file: CHECKPOINT }] })
  })
})

describe('producers', () => {
  it('are as of the checkpoint and what follows it: a resend after a kill is stored once', async () => {
    using directory = temporaryDirectory()
    const batches: Uint8Array[] = []
    {
      await using opened = await open(directory.at('alive'))
      const { log } = opened
      const { producerId, producerEpoch } = log.openProducer({ name: 'p' })
      for (let at = 0; at < COUNT; at += 1) {
        const identity = { producerId, producerEpoch, baseSequence: at }
        const batch = produce([{ value: sized(at, VALUE_BYTES) }], identity)
        batches.push(batch.slice())
        while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
        log.appendBatch(batch)
        await log.flush()
      }
      await opened.storage.quiet()
      copyDirectory(directory.at('alive'), directory.at('killed'))
    }
    // Damage below the checkpoint keeps nobody from learning of the batches behind it.
    const damaged = copyDirectory(directory.at('killed'), directory.at('damaged'))
    flipBit(fileOf(damaged, SEGMENT), SEGMENT_HEADER_BYTES + 20, 0)
    for (const root of [directory.at('killed'), damaged]) {
      await using opened = await open(root)
      for (const [at, batch] of batches.entries())
        expect(opened.log.appendBatch(batch)).toMatchObject({ isDuplicate: true, baseOffset: at })
      expect(opened.log.endOffset).toBe(COUNT)
    }
  })
})

async function readAllUntilDamage(log: Log): Promise<void> {
  await readAll(log, { from: 'first' })
}
