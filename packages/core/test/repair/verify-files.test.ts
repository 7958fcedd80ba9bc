import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repairStream, verifyStore } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { copyDirectory, flipBit, segmentFiles } from '../support/files.js'
import { produce } from '../support/records.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.js'
import { appendSegments, openTestLog, SMALL } from '../support/test-store.js'

/** What is said of a store with one stream `s` after something was done to its files. */
interface FileCase {
  readonly name: string
  readonly damage: (root: string) => void
  readonly warnings?: readonly (readonly [file: string, message: RegExp])[]
  readonly defects?: readonly (readonly [file: string, message: RegExp])[]
}

const inStream = (root: string, file: string): string => path.join(root, 'streams/s', file)
const segment = (root: string, at: number): string => segmentFiles(root, 's')[at] ?? ''
const index = (root: string, at: number): string =>
  inStream(root, segment(root, at).replace('.log', '.index'))
const FIRST = '00000000000000000000.log'

const CASES: readonly FileCase[] = [
  {
    name: 'an index that is missing',
    damage: (root) => {
      rmSync(index(root, 0))
    },
    warnings: [[FIRST, /^its index is missing/]],
  },
  {
    name: 'an index that is cut',
    damage: (root) => {
      truncateSync(index(root, 0), 70)
    },
    warnings: [[FIRST, /^its index cannot be read/]],
  },
  {
    name: 'an index with a flipped bit',
    damage: (root) => {
      flipBit(index(root, 0), 70, 1)
    },
    warnings: [[FIRST, /^its index cannot be read/]],
  },
  {
    name: 'the index of another segment',
    damage: (root) => {
      copyFileSync(index(root, 1), index(root, 0))
    },
    warnings: [[FIRST, /^its index (?:does not agree|names no batch)/]],
  },
  {
    name: 'a damaged snapshot of producers',
    damage: (root) => {
      flipBit(inStream(root, 'producers.snapshot'), 40, 1)
    },
    warnings: [['producers.snapshot', /^damaged: .*the log itself is read instead$/]],
  },
  {
    name: 'files and directories that do not belong there',
    damage: (root) => {
      writeFileSync(path.join(root, 'notes.txt'), 'mine')
      writeFileSync(path.join(root, 'streams/notes.txt'), 'mine')
      writeFileSync(inStream(root, 'notes.txt'), 'mine')
      mkdirSync(inStream(root, 'old'))
      writeFileSync(inStream(root, 'half.log.repair'), 'x')
      writeFileSync(inStream(root, 'stream.meta.tmp'), 'x')
    },
    warnings: [
      ['half.log.repair', /^left by a repair that never happened$/],
      ['notes.txt', /^does not belong here$/],
      ['notes.txt', /^does not belong here$/],
      ['old', /^does not belong here$/],
      ['streams/notes.txt', /^does not belong here$/],
    ],
  },
  {
    name: 'damaged cursors',
    damage: (root) => {
      flipBit(inStream(root, 'cursors'), 40, 1)
    },
    defects: [['cursors', /is damaged: checksum mismatch; restore it from a copy$/]],
  },
  {
    name: 'a damaged stream.meta',
    damage: (root) => {
      flipBit(inStream(root, 'stream.meta'), 40, 1)
    },
    defects: [['stream.meta', /is damaged: checksum mismatch/]],
  },
  {
    name: 'no stream.meta',
    damage: (root) => {
      rmSync(inStream(root, 'stream.meta'))
    },
    defects: [['stream.meta', /^stream\.meta is missing$/]],
  },
  {
    name: 'a damaged store.meta',
    damage: (root) => {
      truncateSync(path.join(root, 'store.meta'), 20)
    },
    defects: [['store.meta', /is damaged: no header line/]],
  },
  {
    name: 'no store.meta',
    damage: (root) => {
      rmSync(path.join(root, 'store.meta'))
    },
    defects: [['store.meta', /^store\.meta is missing$/]],
  },
]

describe('verifyStore on the files beside the batches', () => {
  let filled: TemporaryDirectory
  let records: number

  beforeAll(async () => {
    filled = temporaryDirectory()
    await using opened = await openTestLog(filled.path, SMALL)
    const { log } = opened
    const { producerId, producerEpoch } = log.openProducer({ name: 'p' })
    log.appendBatch(produce([{ value: 'x' }], { producerId, producerEpoch }))
    await appendSegments(log, 3)
    await log.cursors.commit('c', 2)
    records = log.endOffset
  })
  afterAll(() => {
    filled[Symbol.dispose]()
  })

  it.each(CASES)('$name', async ({ damage, warnings = [], defects = [] }) => {
    using directory = temporaryDirectory()
    copyDirectory(filled.path, directory.path)
    damage(directory.path)
    const found = await verifyStore(directory.path)
    const [stream] = found.streams
    const said = [...found.warnings, ...(stream?.warnings ?? [])]
    expect(said.sort((left, right) => (left.file < right.file ? -1 : 1))).toEqual(
      warnings.map(([file, message]) => ({
        file,
        message: expect.stringMatching(message) as string,
      })),
    )
    const wrong = [...found.defects, ...(stream?.defects ?? [])]
    expect(wrong).toEqual(
      defects.map(([file, message]) => ({
        segment: file,
        positionBytes: 0,
        endPositionBytes: 0,
        fromOffset: null,
        toOffset: null,
        code: 'UNREADABLE',
        message: expect.stringMatching(message) as string,
      })),
    )
    expect(found.isSound).toBe(defects.length === 0)
    // Whatever became of the other files: the batches were all looked at.
    expect(stream).toMatchObject({ records, endOffset: records })
  })

  it('does not repair a stream without its metadata, and says so', async () => {
    using directory = temporaryDirectory()
    copyDirectory(filled.path, directory.path)
    flipBit(inStream(directory.path, 'stream.meta'), 40, 1)
    for (const apply of [false, true]) {
      const error = await errorOf('STREAM_CORRUPT', repairStream(directory.path, 's', { apply }))
      expect(error.message).toMatch(/stream\.meta/)
    }
    rmSync(inStream(directory.path, 'stream.meta'))
    for (const apply of [false, true]) {
      await errorOf('STREAM_CORRUPT', repairStream(directory.path, 's', { apply }))
    }
  })

  it('leaves damaged cursors to a person', async () => {
    using directory = temporaryDirectory()
    copyDirectory(filled.path, directory.path)
    flipBit(inStream(directory.path, 'cursors'), 40, 1)
    const [stream] = (await verifyStore(directory.path)).streams
    for (const apply of [false, true]) {
      const report = await repairStream(directory.path, 's', { apply })
      expect(report).toMatchObject({ isNeeded: false, isApplied: false })
      expect(report.unrepairable).toMatchObject([{ segment: 'cursors', code: 'UNREADABLE' }])
      expect(report.unrepairable).toEqual(stream?.defects)
    }
  })
})
