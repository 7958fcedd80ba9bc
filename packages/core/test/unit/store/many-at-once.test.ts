/**
 * What creating and deleting streams asks of the disk, counted: it is nearly all that they cost.
 */
import { readdirSync } from 'node:fs'
import { DiskFaults, Random, SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { mappingsBelow } from '../../support/mappings.js'
import { Gate } from '../../support/observed-storage.js'
import type { ObservedStorage, OperationKind } from '../../support/observed-storage.js'
import { range, valuesOf } from '../../support/records.js'
import { temporaryDirectory } from '../../support/temporary.js'
import { openTestLog, openTestStore, SMALL, STREAM } from '../../support/test-store.js'

const STREAMS = 40
/** The first few of a store's are opened and mapped when they are made. */
const MAPPED_AT_ONCE = 8
const NAMES = range(0, STREAMS).map((at) => `s-${String(at)}`)
const DURABILITIES = ['fsync', 'relaxed'] as const

/** Holds the sync of the streams' directory until all names have begun to move: on a fast disk few would share it. */
function holdNames(storage: ObservedStorage): void {
  const gate = new Gate()
  let moved = 0
  storage.interfere = ({ kind, path }) => {
    if (kind === 'rename') moved += 1
    if (moved === STREAMS) gate.open()
    return kind === 'syncDirectory' && path === 'streams' ? gate.pass() : undefined
  }
}

describe('streams that are created at once', () => {
  it.each(DURABILITIES)(
    'are synced once each, share the sync of their names, and all but a few open nothing: %s',
    async (durability) => {
      using directory = temporaryDirectory()
      await using opened = await openTestStore(directory.path)
      const { store, storage } = opened
      storage.operations.length = 0
      holdNames(storage)
      const logs = await Promise.all(NAMES.map((name) => store.ensure(name, { durability })))
      const countOf = (kind: OperationKind): number => storage.pathsOf(kind).length
      // The metadata and the segment of each; epochs are reserved for many.
      expect(countOf('writeFile')).toBe(2 * STREAMS + 1)
      const directories = storage.pathsOf('syncDirectory')
      expect(directories.filter((path) => path.startsWith('trash/'))).toHaveLength(STREAMS)
      const shared = directories.filter((path) => path === 'streams')
      expect(shared.length).toBeLessThan(STREAMS / 2)
      expect(directories).toHaveLength(STREAMS + shared.length + 1)
      for (const kind of ['sync', 'list', 'create'] as const) expect(countOf(kind)).toBe(0)
      expect(countOf('open')).toBe(MAPPED_AT_ONCE)
      expect(mappingsBelow(directory.at('streams'))).toHaveLength(MAPPED_AT_ONCE)
      expect(new Set(logs.map(({ epoch }) => epoch)).size).toBe(STREAMS)
      // Their first append opens one file and no more.
      storage.operations.length = 0
      for (const log of logs) await log.append({ value: log.name })
      await Promise.all(logs.map((log) => log.flush()))
      // Written, synced, with a new recovery point each: who only writes maps nothing.
      expect(mappingsBelow(directory.at('streams'))).toHaveLength(MAPPED_AT_ONCE)
      for (const log of logs) expect(await valuesOf(log)).toEqual([log.name])
      expect(mappingsBelow(directory.at('streams'))).toHaveLength(STREAMS)
      expect(countOf('open')).toBe(STREAMS - MAPPED_AT_ONCE)
      expect(countOf('create')).toBe(0)
    },
  )

  it.each(DURABILITIES)(
    'and closed unused: nothing more is written of fsync ones',
    async (durability) => {
      using directory = temporaryDirectory()
      const { store, storage } = await openTestStore(directory.path)
      await Promise.all(NAMES.map((name) => store.ensure(name, { durability })))
      storage.operations.length = 0
      await store.close()
      expect(storage.pathsOf('open')).toEqual([])
      expect(storage.pathsOf('sync')).toEqual([])
      // A relaxed one notes that it was closed.
      expect(storage.pathsOf('writeFile')).toHaveLength(durability === 'fsync' ? 0 : STREAMS)
      await using again = await openTestStore(directory.path)
      for (const name of NAMES) {
        const log = await again.store.open(name)
        expect(log.recovery).toMatchObject({ scannedBytes: 0, rebuilt: [] })
        expect(log.endOffset).toBe(0)
      }
    },
  )

  it('are not there when the sync that they share fails, and can be created again', async () => {
    const disk = SimulatedStorage.empty()
    await using store = await openStore('simulated', { storage: disk })
    const faults = new DiskFaults(new Random(1))
    disk.faults = faults
    faults.failNext('EIO', ({ kind, path }) => kind === 'sync-directory' && path === 'streams')
    const outcomes = await Promise.allSettled(NAMES.map((name) => store.ensure(name)))
    const made = NAMES.filter((_, at) => outcomes[at]?.status === 'fulfilled')
    expect(faults.injected('EIO')).toBe(1)
    expect(made.length).toBeLessThan(STREAMS)
    expect(store.list()).toEqual([...made].sort())
    for (const seed of range(1, 20)) {
      await using left = await openStore('left', { storage: disk.crash(new Random(seed)) })
      for (const name of made) expect(left.has(name), `seed ${String(seed)}`).toBe(true)
    }
    await Promise.all(NAMES.map((name) => store.ensure(name)))
    expect(store.list()).toEqual([...NAMES].sort())
  })
})

describe('streams that are deleted at once', () => {
  it.each(DURABILITIES)(
    'share the sync of their names, and are not synced: %s',
    async (durability) => {
      using directory = temporaryDirectory()
      await using opened = await openTestStore(directory.path)
      const { store, storage } = opened
      await Promise.all(
        NAMES.map(async (name) =>
          (await store.ensure(name, { durability })).append({ value: name }),
        ),
      )
      storage.operations.length = 0
      holdNames(storage)
      await Promise.all(NAMES.map((name) => store.delete(name)))
      const shared = storage.pathsOf('syncDirectory')
      expect(new Set(shared)).toEqual(new Set(['streams']))
      expect(shared.length).toBeLessThan(STREAMS / 2)
      expect(storage.pathsOf('removeTree')).toHaveLength(STREAMS)
      for (const kind of ['sync', 'writeFile', 'list'] as const) {
        expect(storage.pathsOf(kind)).toEqual([])
      }
      expect(readdirSync(directory.at('trash'))).toEqual([])
      expect(readdirSync(directory.at('streams'))).toEqual([])
    },
  )

  it('and created again meanwhile: one after another for each name', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestStore(directory.path)
    const { store } = opened
    const epochs = await Promise.all(
      NAMES.map(async (name) => {
        const first = store.ensure(name)
        const deleted = store.delete(name)
        const second = store.ensure(name)
        await deleted
        return [(await first).epoch, (await second).epoch] as const
      }),
    )
    for (const [first, second] of epochs) expect(second).not.toBe(first)
    expect(store.list()).toEqual([...NAMES].sort())
    expect(readdirSync(directory.at('trash'))).toEqual([])
  })
})

describe('a stream that is deleted while appends wait for their sync', () => {
  it('reports no failure of what is left to do behind a roll', async () => {
    using directory = temporaryDirectory()
    await using opened = await openTestLog(directory.path, SMALL)
    const { log, store, storage, backgroundErrors } = opened
    const value = new Uint8Array(20_000)
    await log.append({ value })
    await storage.quiet()
    const gate = new Gate()
    storage.interfere = ({ kind }) => (kind === 'sync' ? gate.pass() : undefined)
    const appends = range(0, 4).map(() => errorOf('STREAM_CLOSED', log.append([{ value }])))
    await gate.reached
    expect(log.describe().segmentCount).toBe(2)
    const deleted = store.delete(STREAM)
    await new Promise((resolve) => setImmediate(resolve))
    gate.open()
    await deleted
    await Promise.all(appends)
    expect(backgroundErrors).toEqual([])
  })

  it('acknowledges none that did not get one', async () => {
    const disk = SimulatedStorage.empty()
    await using store = await openStore('simulated', { storage: disk })
    const log = await store.ensure('s')
    await log.append({ value: 'durable' })
    const append = errorOf('STREAM_CLOSED', log.append({ value: 'late' }))
    await store.delete('s')
    await append
    await errorOf('STREAM_CLOSED', log.flush())
  })

  it.each(DURABILITIES)(
    'and cannot be moved: it is there again, with all that was acknowledged (%s)',
    async (durability) => {
      const disk = SimulatedStorage.empty()
      await using store = await openStore('simulated', { storage: disk })
      const log = await store.ensure('s', { durability })
      await log.append({ value: 'one' })
      await log.append({ value: 'two' })
      const { epoch } = log
      const faults = new DiskFaults(new Random(1))
      disk.faults = faults
      faults.failNext('EIO', ({ kind, path }) => kind === 'rename' && path === 'streams/s')
      await errorOf('IO_ERROR', store.delete('s'))
      const again = await store.open('s')
      expect(await valuesOf(again)).toEqual(['one', 'two'])
      expect(again.epoch).toBe(epoch)
      await again.append({ value: 'three' })
    },
  )

  it('and cannot be moved: a loss of power long after that takes none of its records', async () => {
    const disk = SimulatedStorage.empty()
    await using store = await openStore('simulated', { storage: disk, bootId: 'one' })
    const log = await store.ensure('s', { durability: 'relaxed' })
    await log.append({ value: 'one' })
    const faults = new DiskFaults(new Random(1))
    disk.faults = faults
    faults.failNext('EIO', ({ kind, path }) => kind === 'rename' && path === 'streams/s')
    await errorOf('IO_ERROR', store.delete('s'))
    // Whatever time would bring is synced by a clean stop at the latest.
    await store.close()
    for (const seed of range(1, 20)) {
      const storage = disk.crash(new Random(seed))
      await using left = await openStore('left', { storage, bootId: 'another' })
      expect(await valuesOf(await left.open('s')), `seed ${String(seed)}`).toEqual(['one'])
    }
  })
})
