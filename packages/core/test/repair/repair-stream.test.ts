import { writeFileSync } from 'node:fs'
import {
  BatchView,
  commitBatch,
  crc32,
  readHeaderWord,
  segmentFileName,
  stampBatch,
} from '@tailrace/format'
import { simulatedError, type SimulatedStorage } from '@tailrace/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { openStore, repairStream, verifyStore, type LogRecord } from '../../src/index.js'
import { errorOf, thrownBy } from '../support/errors.js'
import { produce, range } from '../support/records.js'
import { temporaryDirectory } from '../support/temporary.js'
import { SMALL } from '../support/test-store.js'
import {
  flip,
  layoutOf,
  patch,
  realDisk,
  scribble,
  simulatedDisk,
  type PlacedBatch,
} from './support/disk.js'
import { fill, judgeLog, readWithGaps, RECORD_COUNT } from './support/filled-stream.js'
import {
  copyOfDisk,
  DIRECTORY,
  filesOf,
  filledDisk,
  STREAM,
  withLog,
  withStore,
} from './support/simulated.js'

let pristine: SimulatedStorage
let originals: readonly LogRecord[]
let segments: readonly (readonly PlacedBatch[])[]

beforeAll(async () => {
  pristine = await filledDisk(fill, SMALL)
  originals = await withLog(pristine, async (log) => (await readWithGaps(log)).records)
  segments = layoutOf(simulatedDisk(pristine))
})

function batchAt(index: number): PlacedBatch {
  const batch = segments.flat()[index]
  if (batch === undefined) throw new RangeError(`no batch ${String(index)}`)
  return batch
}

async function repair(storage: SimulatedStorage, apply = true) {
  return repairStream('simulated', STREAM, { apply, storage })
}

/** Damages the header of a batch. */
async function wipe(storage: SimulatedStorage, index: number): Promise<void> {
  const { file, position } = batchAt(index)
  await scribble(simulatedDisk(storage), file, { start: position, end: position + 72 })
}

describe('repairStream', () => {
  it('says step by step what it does, in JSON if need be', async () => {
    const storage = await copyOfDisk(pristine)
    await wipe(storage, 9)
    const before = filesOf(storage)
    const preview = await repair(storage, false)
    const { file, position, end } = batchAt(9)
    const suffix = segmentFileName(30)
    expect(preview).toEqual({
      stream: STREAM,
      isNeeded: true,
      isApplied: false,
      actions: [
        {
          kind: 'keep-evidence',
          segment: file,
          positionBytes: position,
          endPositionBytes: end,
          file: `${file}-${String(position)}.damaged`,
        },
        {
          kind: 'write-segment',
          segment: file,
          fromOffset: 21,
          toOffset: 27,
          lengthBytes: position - 128,
        },
        {
          kind: 'write-segment',
          segment: suffix,
          fromOffset: 30,
          toOffset: 42,
          lengthBytes: batchAt(13).end - end,
        },
        { kind: 'set-aside', segment: file, file: `${file}.damaged` },
        { kind: 'list-gap', fromOffset: 27, toOffset: 30 },
      ],
      lostRecords: 3,
      gaps: [{ from: 27, to: 30, reason: 'damage' }],
      unrepairable: [],
    })
    expect(JSON.parse(JSON.stringify(preview))).toEqual(preview)
    expect(filesOf(storage)).toEqual(before)
    expect(await repair(storage)).toEqual({ ...preview, isApplied: true })
    const added = filesOf(storage).filter((name) => !before.includes(name))
    expect(added).toEqual(
      [
        `${file}-${String(position)}.damaged`,
        `${file}.damaged`,
        suffix,
        suffix.replace('.log', '.index'),
      ].sort(),
    )
    const evidence = storage.contentOf(`${DIRECTORY}/${file}-${String(position)}.damaged`)
    const original = storage.contentOf(`${DIRECTORY}/${file}.damaged`)
    expect(Buffer.compare(evidence, original.subarray(position, end))).toBe(0)
  })

  it('has nothing to do with a sound stream, nor with a torn tail', async () => {
    const storage = await copyOfDisk(pristine)
    const nothing = { isNeeded: false, isApplied: false, actions: [], gaps: [], lostRecords: 0 }
    expect(await repair(storage)).toMatchObject(nothing)
    const { file, end } = batchAt(30)
    await scribble(simulatedDisk(storage), file, { start: end, end: end + 500 })
    expect(await repair(storage)).toMatchObject(nothing)
    const [stream] = (await verifyStore('simulated', { storage })).streams
    expect(stream?.tornTail?.lengthBytes).toBe(500)
  })

  it('keeps the evidence of an earlier repair of the same place', async () => {
    const storage = await copyOfDisk(pristine)
    await wipe(storage, 9)
    await repair(storage)
    // The first part of what was split has the name of the original.
    await wipe(storage, 8)
    await repair(storage)
    const { file, position } = batchAt(9)
    expect(filesOf(storage).filter((name) => name.endsWith('.damaged'))).toEqual(
      [
        `${file}-${String(batchAt(8).position)}.damaged`,
        `${file}-${String(position)}.damaged`,
        `${file}.damaged`,
        `${file}-2.damaged`,
      ].sort(),
    )
    await withLog(storage, (log) => judgeLog(log, originals, [[24, 30]]))
  })

  it('makes a damaged segment header from the name, the metadata and the first batch', async () => {
    const storage = await copyOfDisk(pristine)
    const { file } = batchAt(9)
    const path = `${DIRECTORY}/${file}`
    const before = storage.contentOf(path).slice(0, 48)
    await scribble(simulatedDisk(storage), file, { start: 0, end: 64 })
    await repair(storage)
    const after = storage.contentOf(path).slice(0, 48)
    const createdUs = { start: 24, end: 32 }
    expect([...after.fill(0, createdUs.start, createdUs.end)]).toEqual([
      ...before.fill(0, createdUs.start, createdUs.end),
    ])
    await withLog(storage, (log) => judgeLog(log, originals, []))
  })

  it('gives a new epoch only where records that were seen may have vanished at the end', async () => {
    const storage = await copyOfDisk(pristine)
    const before = await withStore(storage, async (store) => (await store.open(STREAM)).epoch)
    await wipe(storage, 30)
    await repair(storage)
    await withLog(storage, (log) => {
      expect(log.epoch).toBe(before)
      expect(log.endOffset).toBe(RECORD_COUNT)
      return Promise.resolve()
    })
    const last = filesOf(storage).findLast((name) => name.endsWith('.log')) ?? ''
    await scribble(simulatedDisk(storage), last, { start: 0, end: 1000 })
    // Nothing is appended at offsets that a gap holds.
    await withLog(storage, async (log) => {
      expect(log.failure).toMatchObject({ code: 'STREAM_CORRUPT', details: { from: 90 } })
      await judgeLog(log, originals, [[90, 93]])
    })
    const report = await repair(storage)
    expect(report.actions.map(({ kind }) => kind)).toContain('change-epoch')
    await withStore(storage, async (store) => {
      const log = await store.open(STREAM)
      expect(log.epoch).toBeGreaterThan(before)
      expect((await log.append({ value: 'again' })).baseOffset).toBe(RECORD_COUNT)
      const other = await store.ensure('other')
      expect(other.epoch).toBeGreaterThan(log.epoch)
    })
  })

  it('begins anew where no segment is left', async () => {
    const storage = await copyOfDisk(pristine)
    const disk = simulatedDisk(storage)
    for (const name of disk.files()) if (name.endsWith('.log')) await disk.remove(name)
    const [found] = (await verifyStore('simulated', { storage })).streams
    expect(found?.defects).toMatchObject([{ code: 'OFFSET_GAP', toOffset: null }])
    const report = await repair(storage)
    const kinds = report.actions.map(({ kind }) => kind)
    expect(kinds).toEqual(['write-segment', 'list-gap', 'change-epoch'])
    // The metadata and the snapshot of producers still know what had been given out.
    expect(report.gaps).toEqual([{ from: 0, to: RECORD_COUNT, reason: 'damage' }])
    await withLog(storage, async (log) => {
      expect((await log.append({ value: 'first' })).baseOffset).toBe(RECORD_COUNT)
    })
  })

  it('does not let a producer store its records twice afterwards', async () => {
    const storage = await copyOfDisk(pristine)
    const identity = { name: 'billing' }
    await withLog(storage, async (log) => {
      const { lastSequence: _, ...stamp } = log.openProducer(identity)
      log.appendBatch(produce([{ value: 'a' }, { value: 'b' }], { ...stamp, baseSequence: 0 }))
      await log.flush()
    })
    await wipe(storage, 9)
    await repair(storage)
    await withLog(storage, async (log) => {
      const { lastSequence, ...stamp } = log.openProducer(identity)
      expect(lastSequence).toBe(1)
      const again = log.appendBatch(
        produce([{ value: 'a' }, { value: 'b' }], { ...stamp, baseSequence: 0 }),
      )
      expect(again).toEqual({
        baseOffset: RECORD_COUNT,
        endOffset: RECORD_COUNT + 2,
        isDuplicate: true,
      })
      await log.flush()
    })
  })
})

describe('repairStream and those who are in its way', () => {
  it('refuses to apply while a writer runs, and still says what it would do', async () => {
    using directory = temporaryDirectory()
    const store = await openStore(directory.path)
    await fill(await store.ensure(STREAM, SMALL))
    const disk = realDisk(directory.path)
    const { file, end } = layoutOf(disk).flat()[3] ?? batchAt(3)
    await store.close()
    await flip(disk, file, end - 100)
    const again = await openStore(directory.path)
    await again.open(STREAM)
    const error = await errorOf(
      'STORE_LOCKED',
      repairStream(directory.path, STREAM, { apply: true }),
    )
    expect(error.details['processId']).toBe(process.pid)
    const preview = await repairStream(directory.path, STREAM, { apply: false })
    expect(preview.lostRecords).toBe(3)
    await again.close()
    expect((await repairStream(directory.path, STREAM, { apply: true })).isApplied).toBe(true)
    // The lock is free again.
    await (await openStore(directory.path)).close()
  })

  it('knows what it cannot repair by name', async () => {
    using directory = temporaryDirectory()
    const options = { apply: true }
    await errorOf('STORE_NOT_FOUND', repairStream(directory.path, STREAM, options))
    await (await openStore(directory.path)).close()
    writeFileSync(directory.at('streams/file'), '')
    await errorOf('STREAM_NOT_FOUND', repairStream(directory.path, STREAM, options))
    await errorOf('STREAM_NOT_FOUND', repairStream(directory.path, STREAM, { apply: false }))
    await errorOf('INVALID_STREAM_NAME', repairStream(directory.path, '../streams', options))
  })

  it('changes nothing when there is no space, and works once there is', async () => {
    const storage = await copyOfDisk(pristine)
    await wipe(storage, 9)
    const before = filesOf(storage)
    storage.capacityBytes = storage
      .paths()
      .reduce((sum, path) => sum + storage.contentOf(path).length, 40_000)
    await errorOf('NO_SPACE', repair(storage))
    expect(filesOf(storage)).toEqual(before)
    storage.capacityBytes = Infinity
    expect((await repair(storage)).isApplied).toBe(true)
    await withLog(storage, (log) => judgeLog(log, originals, [[27, 30]]))
  })

  it('can be run again after an I/O error at any step', async () => {
    const damaged = await copyOfDisk(pristine)
    await wipe(damaged, 9)
    for (let failing = 0; ; failing += 1) {
      const storage = await copyOfDisk(damaged)
      let step = 0
      storage.hook = ({ path }) => {
        step += 1
        if (step === failing + 1) throw simulatedError('IO_ERROR', 'EIO', path)
      }
      const error = await thrownBy(repair(storage))
      storage.hook = () => undefined
      if (error === undefined) {
        expect(failing).toBeGreaterThan(15)
        break
      }
      expect(error).toMatchObject({ code: 'IO_ERROR' })
      await repair(storage)
      await withLog(storage, (log) => judgeLog(log, originals, [[27, 30]]))
      expect((await verifyStore('simulated', { storage })).isSound).toBe(true)
      expect((await repair(storage)).isNeeded).toBe(false)
      expect(filesOf(storage).filter((name) => name.endsWith('.repair'))).toEqual([])
    }
  })
})

describe('what repairStream leaves to a person', () => {
  it('is a batch that is older than the one before', async () => {
    const storage = await copyOfDisk(pristine)
    const { file, position, baseOffset } = batchAt(9)
    await patch(simulatedDisk(storage), file, (bytes) => {
      restamp(bytes, position, { appendTimeUs: 1 })
      return bytes
    })
    const [stream] = (await verifyStore('simulated', { storage })).streams
    const defect = { segment: file, fromOffset: baseOffset, code: 'TIME_DECREASES' }
    expect(stream?.defects).toMatchObject([defect])
    const report = await repair(storage)
    expect(report).toMatchObject({ isNeeded: false, unrepairable: [defect] })
    await withLog(storage, async (log) => {
      expect((await readWithGaps(log)).records.map(({ offset }) => offset)).toEqual(
        range(0, RECORD_COUNT),
      )
    })
  })

  it('are segments that overlap', async () => {
    const storage = await copyOfDisk(pristine)
    const disk = simulatedDisk(storage)
    const { file, position, baseOffset } = batchAt(9)
    // A copy of a segment from the middle on, as from an older backup.
    const bytes = disk.read(file)
    const rest = bytes.subarray(position)
    const copy = new Uint8Array(128 + rest.length)
    copy.set(bytes.subarray(0, 128))
    copy.set(rest, 128)
    new DataView(copy.buffer).setUint32(16, baseOffset, true)
    await disk.write(segmentFileName(baseOffset), copy)
    await scribble(disk, segmentFileName(baseOffset), { start: 0, end: 64 })
    const report = await repair(storage, false)
    expect(report.unrepairable).toMatchObject([
      { segment: file, code: 'OFFSET_OVERLAP', fromOffset: baseOffset, toOffset: 42 },
      { segment: segmentFileName(baseOffset), code: 'TIME_DECREASES', fromOffset: baseOffset },
    ])
  })

  it('is a segment that a later release wrote', async () => {
    const storage = await copyOfDisk(pristine)
    const { file } = batchAt(9)
    const disk = simulatedDisk(storage)
    const bytes = disk.read(file)
    bytes[8] = 2
    new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(0, 60)), true)
    await disk.write(file, bytes)
    const [stream] = (await verifyStore('simulated', { storage })).streams
    expect(stream?.defects).toMatchObject([{ segment: file, code: 'UNSUPPORTED_FORMAT_VERSION' }])
    expect(stream?.warnings.map(({ message }) => message)).toContain(
      'a later release wrote it; its batches were not looked at',
    )
    expect(await repair(storage)).toMatchObject({
      isNeeded: false,
      unrepairable: [{ code: 'UNSUPPORTED_FORMAT_VERSION' }],
    })
  })
})

/** Gives a batch another append time, with a header check that holds. */
function restamp(
  bytes: Uint8Array,
  position: number,
  change: { readonly appendTimeUs: number },
): void {
  const { batchLength, baseOffset, epoch } = new BatchView(bytes, position)
  const commit = { headerWord: readHeaderWord(bytes, position), batchLength }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  stampBatch(view, position, { ...commit, baseOffset, epoch, ...change })
  commitBatch(view, position, commit)
}
