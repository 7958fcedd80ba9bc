import { createHash } from 'node:crypto'
import type { SimulatedStorage } from '@tailrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repairStream, verifyStore, type LogRecord } from '../../src/index.js'
import { copyDirectory } from '../support/files.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { openTestStore, SMALL } from '../support/test-store.js'
import { CORRUPTORS } from './support/corruptors.js'
import { layoutOf, realDisk, simulatedDisk, type Disk } from './support/disk.js'
import { fill, judgeLog, readWithGaps, RECORD_COUNT } from './support/filled-stream.js'
import { copyOfDisk, filledDisk, STREAM, withLog, withStore } from './support/simulated.js'

let pristine: SimulatedStorage
let originals: readonly LogRecord[]

beforeAll(async () => {
  pristine = await filledDisk(fill, SMALL)
  originals = await withLog(pristine, async (log) => (await readWithGaps(log)).records)
  expect(originals.length).toBe(RECORD_COUNT)
})

describe('a damaged stream on a simulated disk', () => {
  it.each(CORRUPTORS)('$name: verified, repaired, read', async ({ damage, expected }) => {
    const storage = await copyOfDisk(pristine)
    const disk = simulatedDisk(storage)
    await damage(disk, layoutOf(disk))

    const found = await verifyStore('simulated', { storage })
    const [stream] = found.streams
    expect(stream?.defects.map(({ code }) => code)).toEqual(expected.codes)
    expect(found.isSound).toBe(false)

    const report = await repairStream('simulated', STREAM, { apply: true, storage })
    expect(report).toMatchObject({ isNeeded: true, isApplied: true, unrepairable: [] })
    expect(report.gaps.map(({ from, to }) => [from, to])).toEqual(expected.lost)

    const after = await verifyStore('simulated', { storage })
    expect(after.streams[0]?.defects).toEqual([])
    expect(after.streams[0]?.warnings).toEqual([])
    expect(after.streams[0]?.tornTail).toBeUndefined()

    await withStore(storage, async (store) => {
      const log = await store.open(STREAM)
      expect(log.failure).toBeUndefined()
      expect(log.endOffset).toBe(expected.endOffset)
      await judgeLog(log, originals, expected.lost)
      const { baseOffset } = await log.append({ value: 'again' })
      expect(baseOffset).toBe(expected.endOffset)
    })
    const again = await repairStream('simulated', STREAM, { apply: true, storage })
    expect(again).toMatchObject({ isNeeded: false, isApplied: false, actions: [] })
  })
})

describe('a damaged stream on real files', () => {
  let filled: TemporaryDirectory
  let before: readonly LogRecord[]
  let epoch: number

  beforeAll(async () => {
    filled = temporaryDirectory()
    await using opened = await openTestStore(filled.path)
    const log = await opened.store.ensure(STREAM, SMALL)
    await fill(log)
    before = (await readWithGaps(log)).records
    epoch = log.epoch
  })
  afterAll(() => {
    filled[Symbol.dispose]()
  })

  // What differs between these is in the bytes alone: the simulated disk has seen to them.
  const corruptors = CORRUPTORS.filter(({ name }) => !name.startsWith('a bit of byte'))
  it.each(corruptors)('$name: verified, repaired, read', async ({ damage, expected }) => {
    using directory = temporaryDirectory()
    const root = copyDirectory(filled.path, directory.path)
    const disk = realDisk(root)
    await damage(disk, layoutOf(disk))
    const damaged = contentOf(disk)

    const [stream] = (await verifyStore(root)).streams
    expect(stream?.defects.map(({ code }) => code)).toEqual(expected.codes)
    const preview = await repairStream(root, STREAM, { apply: false })
    expect(preview).toMatchObject({ isNeeded: true, isApplied: false })
    expect(contentOf(disk)).toEqual(damaged)

    const report = await repairStream(root, STREAM, { apply: true })
    expect(report).toEqual({ ...preview, isApplied: true })
    const [after] = (await verifyStore(root)).streams
    expect(after).toMatchObject({ defects: [], warnings: [] })

    await using opened = await openTestStore(root)
    const log = await opened.store.open(STREAM)
    expect(log.failure).toBeUndefined()
    expect(log.epoch === epoch).toBe(expected.changesEpoch !== true)
    expect(log.endOffset).toBe(expected.endOffset)
    await judgeLog(log, before, expected.lost)
    expectKept(disk, damaged)
  })
})

/** Every file with a hash of its bytes. */
function contentOf(disk: Disk): Map<string, string> {
  return new Map(
    disk.files().map((file) => [file, createHash('sha256').update(disk.read(file)).digest('hex')]),
  )
}

/** No file that was there is gone: each segment is as it was, under its name or set aside. */
function expectKept(disk: Disk, damaged: ReadonlyMap<string, string>): void {
  const left = [...contentOf(disk).values()]
  for (const [name, hash] of damaged) if (name.endsWith('.log')) expect(left).toContain(hash)
}
