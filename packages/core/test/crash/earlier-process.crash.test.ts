/**
 * What an earlier process left in the page cache only: the next one shows it to readers, so that from then
 * on a loss of power must not take it.
 *
 * Found by the power-loss workload with kills and with syncs that fail; here each of them alone.
 */
import {
  DiskFaults,
  Random,
  SimulatedProcess,
  SimulatedStorage,
  VirtualScheduler,
} from '@tailrace/testing'
import { readRecoveryPoint, SEGMENT_HEADER_BYTES, segmentFileName } from '@tailrace/format'
import { describe, expect, it } from 'vitest'
import { openStore, type Log, type Store, type StreamConfigInput } from '../../src/index.js'
import { errorOf } from '../support/errors.js'
import { produce, sized, valuesOf } from '../support/records.js'
import { SMALL } from '../support/test-store.js'

const STREAM = 's'
const CRASHES = 60
/** Above the largest batch here. */
const LIMITS = { checkpointBytes: 8 * 1024, unsyncedBytesMax: 44 * 1024 }

/** Runs `work` in a process of its own on the disk. It ends without closing anything. */
async function inProcess(
  disk: SimulatedStorage,
  work: (store: Store, process: SimulatedProcess) => Promise<void>,
): Promise<void> {
  const process = new SimulatedProcess(disk)
  const scheduler = new VirtualScheduler(new Random(1))
  const options = {
    storage: process,
    scheduler,
    clock: scheduler,
    bootId: 'boot',
    recoveryLimits: LIMITS,
  }
  const run = async (): Promise<void> => work(await openStore('simulated', options), process)
  await scheduler.run(run())
  process.kill()
}

/** Resolves when the process was killed before it synced a directory. */
function killBeforeSync(
  disk: SimulatedStorage,
  process: SimulatedProcess,
  directory: string,
): Promise<void> {
  return new Promise((resolve) => {
    disk.hook = ({ kind, path }) => {
      if (kind !== 'sync-directory' || path !== directory) return undefined
      disk.hook = () => undefined
      process.kill()
      resolve()
      return new Promise(() => undefined)
    }
  })
}

/** What losses of power at this moment may leave. */
function crashesOf(disk: SimulatedStorage): readonly SimulatedStorage[] {
  return Array.from({ length: CRASHES }, (_, seed) => disk.crash(new Random(seed + 1)))
}

/** The values of the stream on each of the disks; undefined where it is gone. */
async function valuesOn(
  disks: readonly SimulatedStorage[],
): Promise<(readonly string[] | undefined)[]> {
  const found: (readonly string[] | undefined)[] = []
  for (const disk of disks) {
    await inProcess(disk, async (store) => {
      found.push(store.has(STREAM) ? await valuesOf(await store.open(STREAM)) : undefined)
    })
  }
  return found
}

async function filled(
  config: StreamConfigInput,
  fill: (log: Log) => Promise<void>,
): Promise<SimulatedStorage> {
  const disk = SimulatedStorage.empty()
  await inProcess(disk, async (store) => fill(await store.ensure(STREAM, config)))
  return disk
}

describe('after a sync that failed', () => {
  it.each(['fsync', 'relaxed'] as const)(
    'what the next opening shows is written once more (%s)',
    async (durability) => {
      const disk = await filled({ durability }, async (log) => {
        await log.append({ value: 'one' })
        await log.flush()
      })
      disk.faults = new DiskFaults(new Random(3))
      disk.faults.failNext('EIO', ({ kind }) => kind === 'sync')
      await inProcess(disk, async (store) => {
        const log = await store.open(STREAM)
        const appended = log.append({ value: sized(1, 20_000) })
        if (durability === 'fsync') await errorOf('STREAM_POISONED', appended)
        else await errorOf('STREAM_POISONED', log.flush())
      })
      let shown: readonly string[] = []
      await inProcess(disk, async (store) => {
        const log = await store.open(STREAM)
        expect(log.durableOffset).toBe(2)
        shown = await valuesOf(log)
      })
      for (const left of await valuesOn(crashesOf(disk))) expect(left).toEqual(shown)
    },
  )
})

describe('after a sync of the recovery point alone that failed', () => {
  it('the next process is held back by the point on the disk, not by the one it found', async () => {
    const segment = `streams/${STREAM}/${segmentFileName(0)}`
    const pointOn = (left: SimulatedStorage): number =>
      Math.max(
        SEGMENT_HEADER_BYTES,
        readRecoveryPoint(left.contentOf(segment))?.durablePosition ?? 0,
      )
    const disk = await filled({}, async (log) => {
      await log.append({ value: sized(1, 12_000) })
    })
    const found = pointOn(disk)
    // The last sync of the quiet stream: all records are durable, their point is lost.
    disk.faults = new DiskFaults(new Random(5))
    disk.faults.failNext('EIO', ({ kind }) => kind === 'sync')
    const file = disk.open(segment)
    await errorOf('IO_ERROR', file.sync())
    const lost = crashesOf(disk).map(pointOn)
    expect(Math.min(...lost)).toBeLessThan(found)
    expect(Math.max(...lost)).toBeLessThan(found)

    const batch = produce([{ value: sized(2, 500) }])
    await inProcess(disk, async (store) => {
      const log = await store.open(STREAM)
      const { baseOffset } = await log.append({ value: 'one commit' })
      // From here on without a turn of the loop: no further sync.
      const before = Math.min(...crashesOf(disk).map(pointOn))
      while (log.hasRoomFor(batch.length)) log.appendBatch(batch)
      expect(log.endOffset).toBeGreaterThan(baseOffset + 1)
      expect(endOf(disk.contentOf(segment))).toBeLessThanOrEqual(before + LIMITS.unsyncedBytesMax)
    })
  })
})

/** Position behind the last batch. */
function endOf(segment: Uint8Array): number {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  let position = SEGMENT_HEADER_BYTES
  while (view.getUint32(position + 4, true) !== 0) position += view.getUint32(position + 4, true)
  return position
}

describe('after a process that was killed', () => {
  it('before it synced the name of a stream: what is appended to that stream stays', async () => {
    const disk = SimulatedStorage.empty()
    await inProcess(disk, async (store, process) => {
      const killed = killBeforeSync(disk, process, 'streams')
      await Promise.race([store.ensure(STREAM), killed])
    })
    await inProcess(disk, async (store) => {
      expect(store.has(STREAM)).toBe(true)
      await (await store.open(STREAM)).append({ value: 'acknowledged' })
    })
    for (const left of await valuesOn(crashesOf(disk))) expect(left).toEqual(['acknowledged'])
  })

  it('before it synced the removal of a stream: it does not come back', async () => {
    const disk = await filled({}, async (log) => {
      await log.append({ value: 'x' })
    })
    await inProcess(disk, async (store, process) => {
      const killed = killBeforeSync(disk, process, 'streams')
      await Promise.race([store.delete(STREAM), killed])
    })
    await inProcess(disk, async (store) => {
      expect(store.has(STREAM)).toBe(false)
    })
    for (const left of await valuesOn(crashesOf(disk))) expect(left).toBeUndefined()
  })

  it('before it synced the name of a segment: what is in that segment stays', async () => {
    const disk = await filled(SMALL, async (log) => {
      await log.append({ value: 'one' })
    })
    await inProcess(disk, async (store, process) => {
      const log = await store.open(STREAM)
      const killed = killBeforeSync(disk, process, `streams/${STREAM}`)
      for (const seed of [1, 2]) log.append({ value: sized(seed, 40_000) }).catch(() => undefined)
      await killed
    })
    let shown: readonly string[] = []
    let crashes: readonly SimulatedStorage[] = []
    await inProcess(disk, async (store) => {
      const log = await store.open(STREAM)
      // At once: what the log does in the background may happen to sync the directory.
      crashes = crashesOf(disk)
      shown = await valuesOf(log)
      expect(log.describe().segmentCount).toBe(2)
    })
    expect(shown.length).toBe(3)
    for (const left of await valuesOn(crashes)) expect(left).toEqual(shown)
  })
})
