/** A recovery that the disk makes fail: it holds nothing open, and the next one goes on from there. */
import { writeFileSync } from 'node:fs'
import { segmentFileName, StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { MappedStorage, openStore } from '../../../src/index.js'
import type { StorageFile } from '../../../src/index.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf } from '../../support/errors.js'
import { copyDirectory, patchFile, segmentFiles, streamDirectory } from '../../support/files.js'
import { Gate } from '../../support/observed-storage.js'
import type { OperationKind } from '../../support/observed-storage.js'
import { temporaryDirectory } from '../../support/temporary.js'
import {
  appendSegments,
  openTestLog,
  openTestStore,
  SMALL,
  STREAM,
} from '../../support/test-store.js'

/** Three segments, as a kill left them, and bytes behind the end of the last one. */
async function leaveTornLog(
  root: string,
  copy: string,
  durability: 'fsync' | 'relaxed',
): Promise<number> {
  await using opened = await openTestLog(root, { ...SMALL, durability })
  await appendSegments(opened.log, 2)
  await opened.storage.quiet()
  copyDirectory(root, copy)
  const last = segmentFiles(copy, STREAM).at(-1) ?? ''
  patchFile(`${streamDirectory(copy, STREAM)}/${last}`, (bytes) => {
    bytes.fill(7, bytes.length - 100, bytes.length - 50)
    return undefined
  })
  return opened.log.endOffset
}

describe.runIf(process.platform === 'linux')('a recovery that fails', () => {
  it.each<[OperationKind, 'fsync' | 'relaxed', string]>([
    ['writeFile', 'fsync', 'the evidence of the torn tail'],
    ['syncDirectory', 'fsync', 'the names found'],
    ['sync', 'fsync', 'what was found'],
    ['rename', 'relaxed', 'the note that a process has it open'],
  ])(
    'at a %s (%s stream: %s) holds no file of the stream open, and can be tried again',
    async (kind, durability) => {
      using directory = temporaryDirectory()
      const root = directory.at('copy')
      const end = await leaveTornLog(directory.at('alive'), root, durability)
      // Of another run of the machine: so a relaxed stream has something to note.
      await using opened = await openTestStore(root, { bootId: 'another' })
      const { store, storage } = opened
      const stream = streamDirectory(root, STREAM)
      let failedCount = 0
      storage.interfere = (operation) => {
        if (operation.kind !== kind || !operation.path.startsWith('streams/')) return
        failedCount += 1
        throw new StorageError('IO_ERROR', 'EIO, simulated', { details: { errno: 'EIO' } })
      }
      await errorOf('IO_ERROR', store.open(STREAM))
      expect(failedCount).toBe(1)
      expect(descriptorsBelow(stream)).toEqual([])
      storage.interfere = () => undefined
      const log = await store.open(STREAM)
      expect(log.endOffset).toBe(end)
      expect(log.recovery.tornTail ?? { nextOffset: end }).toMatchObject({ nextOffset: end })
    },
  )
})

describe.runIf(process.platform === 'linux')('a recovery that moves a segment aside', () => {
  it('holds the one open that it goes on in, and no other', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: 'one' })
    }
    const stream = streamDirectory(directory.path, STREAM)
    // As of a roll whose header never reached the disk.
    writeFileSync(`${stream}/${segmentFileName(1)}`, new Uint8Array(64 * 1024))
    await using opened = await openTestStore(directory.path)
    const log = await opened.store.open(STREAM)
    expect(log.recovery.tornTail).toMatchObject({ nextOffset: 1 })
    await opened.storage.quiet()
    expect(descriptorsBelow(stream)).toHaveLength(1)
  })
})

/** Gives out no active segment any more: as with descriptors that have run out. */
class ExhaustedStorage extends MappedStorage {
  isExhausted = false
  readonly gate = new Gate()

  override open(path: string, mode: 'read' | 'write'): StorageFile {
    if (!this.isExhausted || mode === 'read') return super.open(path, mode)
    throw new StorageError('IO_ERROR', 'EMFILE, simulated', { details: { errno: 'EMFILE' } })
  }

  override async rename(from: string, to: string): Promise<void> {
    if (to === `streams/${STREAM}/stream.meta`) await this.gate.pass()
    await super.rename(from, to)
  }
}

describe.runIf(process.platform === 'linux')(
  'a recovered log whose segment rests before it is open',
  () => {
    it('holds no file open where that cannot be opened again', async () => {
      using directory = temporaryDirectory()
      const root = directory.at('copy')
      const end = await leaveTornLog(directory.at('alive'), root, 'relaxed')
      const storage = new ExhaustedStorage(root)
      const options = { storage, activeMappingsMax: 1, bootId: 'another' }
      await using store = await openStore(root, options)
      const opening = errorOf('IO_ERROR', store.open(STREAM))
      await storage.gate.reached
      await (await store.ensure('other')).append({ value: 'takes the only mapping' })
      storage.isExhausted = true
      storage.gate.open()
      await opening
      expect(descriptorsBelow(streamDirectory(root, STREAM))).toEqual([])
      storage.isExhausted = false
      expect((await store.open(STREAM)).endOffset).toBe(end)
    })
  },
)
