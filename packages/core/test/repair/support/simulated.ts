/** Stores on a simulated disk: filled, opened, damaged, copied. */

import { Random, SimulatedStorage, VirtualScheduler } from '@tailrace/testing'
import {
  openStore,
  type Clock,
  type Log,
  type Store,
  type StreamConfigInput,
} from '../../../src/index.js'
import { START_US } from '../../support/manual-clock.js'

/** The name of the stream under test, and its directory. */
export const STREAM = 's'
export const DIRECTORY = `streams/${STREAM}`

/** Runs `work` on a store that is open on the disk, then closes it. */
export async function withStore<T>(
  storage: SimulatedStorage,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const scheduler = new VirtualScheduler(new Random(1))
  const options = { storage, scheduler, clock: tickingClock(), bootId: 'boot' }
  const run = async (): Promise<T> => {
    const store = await openStore('simulated', options)
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
  return scheduler.run(run())
}

/** A clock that goes on by a millisecond whenever it is looked at: no two batches have the same time. */
export function tickingClock(): Clock {
  let nowUs = START_US
  return {
    nowUs() {
      nowUs += 1000
      return nowUs
    },
  }
}

/** Runs `work` on the stream under test. */
export async function withLog<T>(
  storage: SimulatedStorage,
  work: (log: Log) => Promise<T>,
  config: StreamConfigInput = {},
): Promise<T> {
  return withStore(storage, async (store) => work(await store.ensure(STREAM, config)))
}

/** A disk with the stream under test, filled and cleanly closed. */
export async function filledDisk(
  fill: (log: Log) => Promise<void>,
  config: StreamConfigInput = {},
): Promise<SimulatedStorage> {
  const storage = SimulatedStorage.empty()
  await withLog(storage, fill, config)
  return copyOfDisk(storage)
}

/** A disk with the same files, all of it durable. */
export async function copyOfDisk(storage: SimulatedStorage): Promise<SimulatedStorage> {
  const copy = SimulatedStorage.empty()
  const directories = new Set(['', 'streams', 'trash'])
  await copy.createDirectory('streams')
  await copy.createDirectory('trash')
  for (const path of storage.paths()) {
    const directory = parentOf(path)
    if (directory !== '') await copy.createDirectory(directory)
    await copy.writeFile(path, storage.contentOf(path))
    directories.add(directory)
  }
  for (const directory of directories) await copy.syncDirectory(directory)
  return copy
}

/** Another disk like one of which all is durable. What they have in common is not copied: it costs little. */
export function sameDisk(storage: SimulatedStorage): SimulatedStorage {
  // Nothing is left to chance.
  return storage.crash(new Random(1))
}

/** Replaces a file; the disk does not forget it. */
export async function patchDisk(
  storage: SimulatedStorage,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  await storage.writeFile(path, bytes)
  await storage.syncDirectory(parentOf(path))
}

/** Names of the files of the stream under test, sorted. */
export function filesOf(storage: SimulatedStorage): string[] {
  return storage
    .paths(DIRECTORY)
    .map((path) => path.slice(DIRECTORY.length + 1))
    .sort()
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
