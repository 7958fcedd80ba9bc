import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { MappedStorage } from '../../../src/index.js'
import { SegmentPreparer } from '../../../src/segments/segment-preparer.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf } from '../../support/errors.js'
import { Gate, ObservedStorage } from '../../support/observed-storage.js'
import { temporaryDirectory } from '../../support/temporary.js'

describe('SegmentPreparer', () => {
  it('prepares a file of zeros with real blocks, and hands it over once', async () => {
    using directory = temporaryDirectory()
    const preparer = new SegmentPreparer(new ObservedStorage(directory.path), '')
    expect(preparer.readyBytes).toBe(0)
    await preparer.prepare(70_000)
    expect(preparer.readyBytes).toBe(70_000)
    const { file } = preparer.take()
    expect(file.bytes.length).toBe(70_000)
    expect(file.bytes.every((byte) => byte === 0)).toBe(true)
    expect(preparer.readyBytes).toBe(0)
    expect(() => preparer.take()).toThrow('no prepared segment')
    file.close()
  })

  it('keeps a small file closed until it is taken, and a large one open', async () => {
    using directory = temporaryDirectory()
    const preparer = new SegmentPreparer(new ObservedStorage(directory.path), '')
    await preparer.prepare(70_000)
    expect(descriptorsBelow(directory.path)).toEqual([])
    const { file } = preparer.take()
    expect(descriptorsBelow(directory.path).length).toBe(1)
    file.close()
    await preparer.prepare(2 ** 20)
    expect(descriptorsBelow(directory.path).length).toBe(1)
    await preparer.close()
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('goes on having a file that could not be opened', async () => {
    using directory = temporaryDirectory()
    const storage = new MappedStorage(directory.path)
    const open = storage.open.bind(storage)
    const preparer = new SegmentPreparer(storage, '')
    await preparer.prepare(70_000)
    storage.open = () => {
      throw new StorageError('IO_ERROR', 'too many open files')
    }
    expect(() => preparer.take()).toThrow('too many open files')
    expect(preparer.readyBytes).toBe(70_000)
    storage.open = open
    preparer.take().file.close()
    expect(preparer.readyBytes).toBe(0)
  })

  it('prepares once for all who ask at the same time', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    const preparer = new SegmentPreparer(storage, '')
    await Promise.all([preparer.prepare(1000), preparer.prepare(500), preparer.prepare(1000)])
    await preparer.prepare(10)
    expect(storage.pathsOf('create').length).toBe(1)
    await preparer.close()
  })

  it('replaces a file that is too small, and leaves none of it', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    const preparer = new SegmentPreparer(storage, '')
    await preparer.prepare(1000)
    await preparer.prepare(2000)
    expect(preparer.readyBytes).toBe(2000)
    expect((await storage.list('')).length).toBe(1)
    await preparer.close()
    expect(await storage.list('')).toEqual([])
    expect(descriptorsBelow(directory.path)).toEqual([])
  })

  it('tells all who wait when it fails, and tries again when asked again', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    const preparer = new SegmentPreparer(storage, '')
    storage.interfere = ({ kind }) => {
      if (kind === 'create') throw new StorageError('NO_SPACE', 'full')
    }
    await Promise.all([
      errorOf('NO_SPACE', preparer.prepare(1000)),
      errorOf('NO_SPACE', preparer.prepare(1000)),
    ])
    expect(preparer.isPreparing).toBe(false)
    storage.interfere = () => undefined
    await preparer.prepare(1000)
    expect(preparer.readyBytes).toBe(1000)
    await preparer.close()
  })

  it('prepares nothing more once it is closed, also for those who wait already', async () => {
    using directory = temporaryDirectory()
    const storage = new ObservedStorage(directory.path)
    const preparer = new SegmentPreparer(storage, '')
    const gate = new Gate()
    storage.interfere = async ({ kind }) => {
      if (kind === 'create') await gate.pass()
    }
    const small = preparer.prepare(1000)
    const large = preparer.prepare(5000)
    await gate.reached
    const closed = preparer.close()
    gate.open()
    await Promise.all([small, large, closed])
    await preparer.prepare(9000)
    await storage.quiet()
    expect(storage.pathsOf('create').length).toBe(1)
    expect(await storage.list('')).toEqual([])
    expect(descriptorsBelow(directory.path)).toEqual([])
  })
})
