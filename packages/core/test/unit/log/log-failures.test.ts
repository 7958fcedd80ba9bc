import { readdirSync } from 'node:fs'
import { StorageError } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import type { Log } from '../../../src/index.js'
import { descriptorsBelow } from '../../support/descriptors.js'
import { errorOf, thrownBy } from '../../support/errors.js'
import { segmentBytes } from '../../support/files.js'
import { ManualScheduler } from '../../support/manual-scheduler.js'
import { Gate, type ObservedStorage } from '../../support/observed-storage.js'
import { offsetsOf, produce, range, sized, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { appendSegments, openTestLog, SMALL } from '../../support/test-store.js'

const SYNCS_TRIED = 6

/** Makes the n-th sync of a segment file from now on fail, as a disk that is breaking would. */
function failSync(storage: ObservedStorage, number: number): void {
  let count = 0
  storage.interfere = ({ kind, path }) => {
    if (kind !== 'sync') return
    count += 1
    if (count === number) throw new StorageError('IO_ERROR', `EIO while syncing "${path}"`)
  }
}

/** Appends until one fails; returns how many were acknowledged. */
async function appendUntilFailure(log: Log): Promise<{ acknowledged: number; error: unknown }> {
  for (let acknowledged = 0; ; acknowledged += 1) {
    const error = await thrownBy(log.append({ value: `#${String(acknowledged)}` }))
    if (error !== undefined) return { acknowledged, error }
  }
}

function noSpace(): StorageError {
  return new StorageError('NO_SPACE', 'no space left')
}

describe('a sync that fails', () => {
  it.each(Array.from({ length: SYNCS_TRIED }, (_, at) => at + 1))(
    'poisons the log when it is number %i: no later append is acknowledged, reads go on',
    async (number) => {
      using directory = temporaryDirectory()
      await using opened = await openTestLog(directory.path)
      const { log, storage } = opened
      failSync(storage, number)
      const { acknowledged, error } = await appendUntilFailure(log)
      expect(acknowledged).toBe(number - 1)
      expect(error).toMatchObject({ code: 'STREAM_POISONED', action: 'reopen' })
      expect(log.failure).toBe(error)

      for (let at = 0; at < 3; at += 1) await errorOf('STREAM_POISONED', log.append({ value: 'x' }))
      await errorOf('STREAM_POISONED', log.flush())
      await errorOf('STREAM_POISONED', log.makeRoom(100))
      await errorOf('STREAM_POISONED', () => log.appendBatch(produce([{ value: 'x' }])))
      await errorOf('STREAM_POISONED', () => log.openProducer({ name: 'p' }))
      expect(log.durableOffset).toBe(acknowledged)
      const expected = Array.from({ length: acknowledged }, (_, at) => `#${String(at)}`)
      expect(await valuesOf(log)).toEqual(expected)
    },
  )

  it('rejects every append that waits for it, and those that rode on it', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log, storage } = opened
    const gate = new Gate()
    storage.interfere = async ({ kind }) => {
      if (kind !== 'sync') return
      await gate.pass()
      throw new StorageError('IO_ERROR', 'EIO')
    }
    const waiting = ['a', 'b'].map((value) => errorOf('STREAM_POISONED', log.append({ value })))
    await gate.reached
    const riding = ['c', 'd'].map((value) => errorOf('STREAM_POISONED', log.append({ value })))
    gate.open()
    await Promise.all([...waiting, ...riding])
    expect(storage.operations.filter(({ kind }) => kind === 'sync').length).toBeGreaterThan(0)
    expect(log.visibleOffset).toBe(0)
  })

  it('tells the listeners, once', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { log, storage } = opened
    const failures: unknown[] = []
    log.onDurable(() => failures.push(log.failure))
    failSync(storage, 1)
    const error = await errorOf('STREAM_POISONED', log.append({ value: 'x' }))
    expect(failures).toEqual([error])
  })

  it('poisons a relaxed log too; what was acknowledged before stays readable', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await openTestLog(directory.path, { durability: 'relaxed' }, { scheduler })
    const { log, storage } = opened
    await log.append({ value: 'seen' })
    failSync(storage, 1)
    await errorOf('STREAM_POISONED', log.flush())
    await errorOf('STREAM_POISONED', log.append({ value: 'refused' }))
    expect(await valuesOf(log)).toEqual(['seen'])
    expect(log.durableOffset).toBe(0)
  })

  it('is over after a reopening, which keeps what is on disk', async () => {
    using directory = temporaryDirectory()
    {
      await using opened = await openTestLog(directory.path)
      await opened.log.append({ value: 'one' })
      failSync(opened.storage, 1)
      await errorOf('STREAM_POISONED', opened.log.append({ value: 'unknown' }))
    }
    await using opened = await openTestLog(directory.path)
    expect((await valuesOf(opened.log))[0]).toBe('one')
    await opened.log.append({ value: 'three' })
    expect((await valuesOf(opened.log)).at(-1)).toBe('three')
  })

  it('poisons when a segment cannot be given its name', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await log.append({ value: 'safe' })
    storage.interfere = ({ kind, path }) => {
      if (kind === 'rename' && path.endsWith('.prepared')) throw new StorageError('IO_ERROR', 'EIO')
    }
    await errorOf('STREAM_POISONED', log.append({ value: sized(1, 70_000) }))
    expect(await valuesOf(log)).toEqual(['safe'])
  })
})

describe('a sync that no append waits for', () => {
  it('poisons when it fails in a trim: what was appended meanwhile may be lost with it', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await appendSegments(log, 2)
    await log.flush()
    await storage.quiet()
    const { endOffset } = log
    let appended: Promise<unknown> | undefined
    storage.interfere = ({ kind }) => {
      if (kind !== 'sync') return
      storage.interfere = () => undefined
      appended = thrownBy(log.append({ value: 'meanwhile' }))
      throw new StorageError('IO_ERROR', 'EIO')
    }
    await errorOf('IO_ERROR', log.trim(endOffset - 1))
    expect(await appended).toMatchObject({ code: 'STREAM_POISONED' })
    await errorOf('STREAM_POISONED', log.append({ value: 'later' }))
    expect(log.durableOffset).toBe(endOffset)
  })

  it('is not overtaken by the sync of a commit, of which the disk may say that all is well', async () => {
    using directory = temporaryDirectory()
    const scheduler = new ManualScheduler()
    await using opened = await openTestLog(directory.path, SMALL, { scheduler })
    const { log, storage } = opened
    log.appendBatch(produce([{ value: 'safe' }]))
    scheduler.endTurn()
    await storage.quiet()
    expect(log.durableOffset).toBe(1)
    const gate = new Gate()
    storage.interfere = async ({ kind }) => {
      if (kind !== 'sync') return
      storage.interfere = () => undefined
      await gate.pass()
      throw new StorageError('IO_ERROR', 'EIO')
    }
    // The stream has gone quiet; its last sync is under way.
    scheduler.advance(1000)
    await gate.reached
    log.appendBatch(produce([{ value: 'meanwhile' }]))
    let settled = 0
    log.onDurable(() => (settled += 1))
    const flushed = errorOf('STREAM_POISONED', log.flush())
    // Long enough for a sync that does not wait to end.
    await opened.store.ensure('other')
    expect(settled).toBe(0)
    gate.open()
    await flushed
    expect(log.durableOffset).toBe(1)
  })
})

describe('a full disk', () => {
  it('refuses appends that need room, keeps reading, and goes on once there is space', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await log.append({ value: 'one' })
    storage.interfere = ({ kind }) => {
      if (kind === 'create') throw noSpace()
    }
    const large = sized(1, 70_000)
    for (let at = 0; at < 3; at += 1) await errorOf('NO_SPACE', log.append({ value: large }))
    await errorOf('NO_SPACE', log.makeRoom(70_000))
    expect(log.failure).toBeUndefined()
    await log.append({ value: 'still fits' })
    expect(await valuesOf(log)).toEqual(['one', 'still fits'])
    storage.interfere = () => undefined
    expect((await log.append({ value: large })).baseOffset).toBe(2)
    await appendSegments(log, 2)
  })

  it('refuses each of the appends that wait, in order, and none of those that fit', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    storage.interfere = ({ kind }) => {
      if (kind === 'create') throw noSpace()
    }
    const outcomes = await Promise.allSettled([
      log.append({ value: sized(1, 70_000) }),
      log.append({ value: 'small' }),
      log.append({ value: sized(2, 70_000) }),
      log.append({ value: 'small too' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(await valuesOf(log)).toEqual(['small', 'small too'])
  })

  it('lets retention try again until it is done', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, retention: { maxBytes: '128KiB' } }
    await using opened = await openTestLog(directory.path, config)
    const { log, storage } = opened
    storage.interfere = ({ kind, path }) => {
      if (kind === 'writeFile' && path.includes('stream.meta')) throw noSpace()
    }
    await appendSegments(log, 5)
    await log.flush()
    await errorOf('NO_SPACE', log.applyRetention())
    expect(log.startOffset).toBe(0)
    storage.interfere = () => undefined
    await log.applyRetention()
    expect(log.startOffset).toBeGreaterThan(0)
    expect(log.describe().sizeBytes).toBeLessThanOrEqual(128 * 1024)
  })

  it('lets a trim that failed be tried again', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await appendSegments(log, 3)
    await log.flush()
    storage.interfere = ({ kind, path }) => {
      if (kind === 'writeFile' && path.includes('stream.meta')) throw noSpace()
    }
    await errorOf('NO_SPACE', log.trim(7))
    expect(log.startOffset).toBe(0)
    storage.interfere = () => undefined
    expect(await log.trim(7)).toBe(7)
    expect(log.startOffset).toBe(7)
  })

  it('gives up an index file for what a trim has to write down', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, storage } = opened
    await appendSegments(log, 4)
    await log.flush()
    await storage.quiet()
    const removed: string[] = []
    storage.interfere = ({ kind, path }) => {
      if (kind === 'remove' && path.endsWith('.index')) removed.push(path)
      if (kind === 'writeFile' && removed.length < 2) throw noSpace()
    }
    expect(await log.trim(7)).toBe(7)
    const [oldest = '', next = ''] = removed
    expect(oldest < next).toBe(true)
    storage.interfere = () => undefined
    expect(await offsetsOf(log)).toEqual(range(7, log.endOffset))
  })

  it('costs index files and notes, and neither records nor descriptors nor the close', async () => {
    using directory = temporaryDirectory()
    const config = { ...SMALL, durability: 'relaxed' } as const
    {
      await using opened = await openTestLog(directory.path, config)
      const { log, storage, backgroundErrors } = opened
      storage.interfere = ({ kind }) => {
        if (kind === 'writeFile') throw noSpace()
      }
      await appendSegments(log, 6)
      await log.flush()
      await storage.quiet()
      expect(log.failure).toBeUndefined()
      expect(backgroundErrors.length).toBeGreaterThanOrEqual(6)
      expect(log.describe().sizeBytes).toBe(segmentBytes(directory.path, 's'))
      // The active segment and the prepared one.
      expect(descriptorsBelow(directory.path).length).toBeLessThanOrEqual(2)
      expect(await offsetsOf(log)).toEqual(range(0, log.endOffset))
      await opened.store.close()
    }
    await using opened = await openTestLog(directory.path, config)
    expect(await offsetsOf(opened.log)).toEqual(range(0, opened.log.endOffset))
    expect(opened.log.endOffset).toBeGreaterThan(15)
  })

  it.each(['stream.meta', '.log'])('creates no stream (%s), and leaves nothing', async (ending) => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path)
    const { store, storage } = opened
    storage.interfere = ({ kind, path }) => {
      if (kind === 'writeFile' && path.endsWith(ending)) throw noSpace()
    }
    await errorOf('NO_SPACE', store.ensure('new'))
    expect(store.has('new')).toBe(false)
    expect(readdirSync(directory.at('trash'))).toEqual([])
    storage.interfere = () => undefined
    await store.ensure('new')
    expect(store.list()).toEqual(['new', 's'])
  })
})
