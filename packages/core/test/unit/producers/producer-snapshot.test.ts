import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { writeCheckedFile } from '../../../src/storage/checked-file.js'
import { copyDirectory, patchFile, streamDirectory } from '../../support/files.js'
import { ObservedStorage } from '../../support/observed-storage.js'
import { produce } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, SMALL } from '../../support/test-store.js'

const IDENTITY = { name: 'billing' }

/** Appends `count` batches of one record each as the named producer. Returns the offsets. */
function send(log: Log, count: number): number[] {
  const { lastSequence, ...handle } = log.openProducer(IDENTITY)
  return Array.from({ length: count }, (_, at) => {
    const batch = produce([{ value: String(at) }], {
      ...handle,
      baseSequence: lastSequence + 1 + at,
    })
    return log.appendBatch(batch).baseOffset
  })
}

/** Sends sequence 0 again. */
function resendFirst(log: Log): { baseOffset: number; isDuplicate: boolean } {
  const { lastSequence, ...handle } = log.openProducer(IDENTITY)
  expect(lastSequence).toBeGreaterThanOrEqual(0)
  return log.appendBatch(produce([{ value: '0' }], { ...handle, baseSequence: 0 }))
}

describe('producers across restarts', () => {
  it('come back from the snapshot of a clean end, without reading earlier segments', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      send(opened.log, 5)
      await appendSegments(opened.log, 3)
    }
    await using opened = await openTestLog(directory.path)
    const paths = opened.storage.pathsOf('open').filter((path) => path.endsWith('.log'))
    expect(new Set(paths).size).toBe(1)
    expect(resendFirst(opened.log)).toMatchObject({ baseOffset: 0, isDuplicate: true })
  })

  it('come back from the log behind a snapshot that a kill left behind', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.at('first'), SMALL)
    send(opened.log, 2)
    await appendSegments(opened.log, 1)
    await opened.log.flush()
    await opened.storage.quiet()
    send(opened.log, 3)
    const copy = copyDirectory(directory.at('first'), directory.at('second'))
    await using again = await openTestLog(copy)
    expect(again.log.openProducer(IDENTITY).lastSequence).toBe(4)
    expect(resendFirst(again.log)).toMatchObject({ baseOffset: 0, isDuplicate: true })
  })

  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['missing', rmSync],
    [
      'empty',
      (path) => {
        writeFileSync(path, '')
      },
    ],
    [
      'torn',
      (path) => {
        patchFile(path, (bytes) => bytes.subarray(0, bytes.length - 3))
      },
    ],
    [
      'garbage',
      (path) => {
        writeFileSync(path, 'what is this?\n{}')
      },
    ],
    [
      'of another kind',
      (path) => {
        patchFile(path, (bytes) => {
          bytes[9] = 0x78
          return bytes
        })
      },
    ],
  ]
  it.each(damages)('come back from the whole log when the snapshot is %s', async (_, damage) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      send(opened.log, 5)
      await appendSegments(opened.log, 2)
    }
    damage(join(streamDirectory(directory.path, 's'), 'producers.snapshot'))
    await using opened = await openTestLog(directory.path)
    expect(resendFirst(opened.log)).toMatchObject({ baseOffset: 0, isDuplicate: true })
  })

  const contents: readonly (readonly [string, object])[] = [
    ['is a list', []],
    ['has no offset', { producers: [] }],
    ['has a wrong table', { offset: 1, producers: [[1, 2]] }],
    ['has no table', { offset: 1 }],
  ]
  it.each(contents)('come back from the whole log when the snapshot %s', async (_, content) => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      send(opened.log, 5)
    }
    const file = { directory: 'streams/s', name: 'producers.snapshot', kind: 'producers' }
    await writeCheckedFile(new ObservedStorage(directory.path), file, content)
    await using opened = await openTestLog(directory.path)
    expect(resendFirst(opened.log)).toMatchObject({ baseOffset: 0, isDuplicate: true })
  })

  it('costs a log without producers no walk of its segments', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path, SMALL)
      await appendSegments(opened.log, 5)
    }
    await using opened = await openTestLog(directory.path)
    const opens = opened.storage.pathsOf('open').filter((path) => path.endsWith('.log'))
    expect(new Set(opens).size).toBe(1)
  })
})
