/**
 * Creating and deleting streams on a disk that fails in between: what was refused can be tried again in the
 * same process, and what was acknowledged stays.
 *
 * Found by the power-loss workload (seed 1058): after one failed sync no stream of the name could be
 * created until the store was reopened.
 */
import { DiskFaults, Random, SimulatedStorage } from '@tailrace/testing'
import { describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../../src/index.js'
import { errorOf } from '../../support/errors.js'
import { valuesOf } from '../../support/records.js'

const STREAM = 's'
const CRASHES = 30

type OperationKind = Parameters<Parameters<DiskFaults['failNext']>[1] & object>[0]['kind']

/** A disk with a stream of one record, whose operations fail on request. */
async function diskWithStream(): Promise<{ disk: SimulatedStorage; faults: DiskFaults }> {
  const disk = SimulatedStorage.empty()
  await onDisk(disk, async (store) => {
    await (await store.ensure(STREAM)).append({ value: 'old' })
  })
  return { disk, faults: faultsOf(disk) }
}

function faultsOf(disk: SimulatedStorage): DiskFaults {
  const faults = new DiskFaults(new Random(1))
  disk.faults = faults
  return faults
}

/** The next operation of the kind on the path, or below it, fails. */
function failNext(faults: DiskFaults, kind: OperationKind, path: string): void {
  faults.failNext('EIO', (operation) => operation.kind === kind && operation.path.startsWith(path))
}

async function onDisk(
  disk: SimulatedStorage,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  await using store = await openStore('simulated', { storage: disk })
  await work(store)
}

/** The values of the stream after each of many losses of power; undefined where it is gone. */
async function valuesAfterCrashes(
  disk: SimulatedStorage,
): Promise<(readonly string[] | undefined)[]> {
  const found: (readonly string[] | undefined)[] = []
  for (let seed = 1; seed <= CRASHES; seed += 1) {
    await onDisk(disk.crash(new Random(seed)), async (store) => {
      found.push(store.has(STREAM) ? await valuesOf(await store.open(STREAM)) : undefined)
    })
  }
  return found
}

async function expectNewStream(disk: SimulatedStorage, store: Store): Promise<void> {
  const log = await store.ensure(STREAM)
  expect(await valuesOf(log)).toEqual([])
  await log.append({ value: 'new' })
  for (const left of await valuesAfterCrashes(disk)) expect(left).toEqual(['new'])
}

describe('a creation that fails', () => {
  it.each([
    ['to be built', [['write-file', 'trash/']]],
    [
      'to be built, nor can what was built be removed',
      [
        ['write-file', 'trash/'],
        ['remove-tree', 'trash/'],
      ],
    ],
    ['to get its name', [['rename', 'trash/']]],
    ['to get its name durably', [['sync-directory', 'streams']]],
    [
      'to get its name durably, and to lose it',
      [
        ['sync-directory', 'streams'],
        ['rename', 'streams/'],
      ],
    ],
    [
      'to get and to lose its name durably',
      [
        ['sync-directory', 'streams'],
        ['sync-directory', 'streams'],
      ],
    ],
  ] as const)('%s: there is no stream, and it works when it is tried again', async (_, failing) => {
    const disk = SimulatedStorage.empty()
    await onDisk(disk, async (store) => {
      const faults = faultsOf(disk)
      for (const [kind, path] of failing) failNext(faults, kind, path)
      await errorOf('IO_ERROR', store.ensure(STREAM))
      expect(faults.injected('EIO')).toBe(failing.length)
      expect(store.has(STREAM)).toBe(false)
      await errorOf('STREAM_NOT_FOUND', store.open(STREAM))
      await expectNewStream(disk, store)
    })
  })

  it('leaves nothing when the disk goes on working: there is nothing to delete', async () => {
    const disk = SimulatedStorage.empty()
    await onDisk(disk, async (store) => {
      failNext(faultsOf(disk), 'sync-directory', 'streams')
      await errorOf('IO_ERROR', store.ensure(STREAM))
      await errorOf('STREAM_NOT_FOUND', store.delete(STREAM))
      expect(disk.paths()).toEqual(['store.meta'])
    })
    for (const left of await valuesAfterCrashes(disk)) expect(left).toBeUndefined()
  })

  it('touches no directory of the name that somebody put there', async () => {
    const disk = SimulatedStorage.empty()
    await onDisk(disk, async (store) => {
      await disk.createDirectory(`streams/${STREAM}`)
      await disk.writeFile(`streams/${STREAM}/precious`, new Uint8Array(1))
      for (let time = 0; time < 2; time += 1) await errorOf('IO_ERROR', store.ensure(STREAM))
      expect(disk.paths('streams')).toEqual([`streams/${STREAM}/precious`])
    })
  })
})

describe('a deletion that fails', () => {
  it('to move the stream: it is there as it was, and can be deleted again', async () => {
    const { disk, faults } = await diskWithStream()
    await onDisk(disk, async (store) => {
      failNext(faults, 'rename', 'streams/')
      await errorOf('IO_ERROR', store.delete(STREAM))
      expect(store.list()).toEqual([STREAM])
      expect(await valuesOf(await store.open(STREAM))).toEqual(['old'])
      await store.delete(STREAM)
      expect(store.has(STREAM)).toBe(false)
    })
    for (const left of await valuesAfterCrashes(disk)) expect(left).toBeUndefined()
  })

  it.each([
    ['to make that durable', 'sync-directory', 'streams'],
    ['to remove the files', 'remove-tree', 'trash/'],
  ] as const)('%s: deleting again goes on with it', async (_, kind, path) => {
    const { disk, faults } = await diskWithStream()
    await onDisk(disk, async (store) => {
      failNext(faults, kind, path)
      await errorOf('IO_ERROR', store.delete(STREAM))
      expect(store.has(STREAM)).toBe(false)
      await store.delete(STREAM)
      expect(disk.paths()).toEqual(['store.meta'])
      await errorOf('STREAM_NOT_FOUND', store.delete(STREAM))
    })
    for (const left of await valuesAfterCrashes(disk)) expect(left).toBeUndefined()
  })

  it('to make that durable: a stream of the name can be created, and is a new one', async () => {
    const { disk, faults } = await diskWithStream()
    await onDisk(disk, async (store) => {
      failNext(faults, 'sync-directory', 'streams')
      await errorOf('IO_ERROR', store.delete(STREAM))
      await expectNewStream(disk, store)
    })
  })
})

describe('an opening after a deletion that no sync covered', () => {
  it('removes the files only when it is sure that the name does not come back', async () => {
    const { disk, faults } = await diskWithStream()
    await onDisk(disk, async (store) => {
      failNext(faults, 'sync-directory', 'streams')
      await errorOf('IO_ERROR', store.delete(STREAM))
    })
    const done: string[] = []
    disk.hook = ({ kind, path }) => {
      if (kind === 'remove-tree' || path === 'streams') done.push(kind)
    }
    await onDisk(disk, (store) => {
      expect(store.list()).toEqual([])
      return Promise.resolve()
    })
    expect(done).toContain('remove-tree')
    expect(done.slice(0, done.indexOf('remove-tree'))).toContain('sync-directory')
  })
})

describe('epochs that could not be reserved', () => {
  it('are given to nobody', async () => {
    const disk = SimulatedStorage.empty()
    await onDisk(disk, async (store) => {
      failNext(faultsOf(disk), 'write-file', 'store.meta')
      await errorOf('IO_ERROR', store.ensure(STREAM))
      const { epoch } = await store.ensure(STREAM)
      await onDisk(disk.crash(new Random(1)), async (other) => {
        expect((await other.ensure('another')).epoch).toBeGreaterThan(epoch)
      })
    })
  })
})
