/** A store on a directory with everything a test may want to hold in its hands. */

import {
  openStore,
  type Log,
  type Store,
  type StoreOptions,
  type StreamConfigInput,
} from '../../src/index.js'
import { ManualClock } from './manual-clock.js'
import { ObservedStorage } from './observed-storage.js'

export interface TestStore extends AsyncDisposable {
  readonly store: Store
  readonly storage: ObservedStorage
  readonly clock: ManualClock
  /** Failures in the background, in order. */
  readonly backgroundErrors: unknown[]
}

/** Opens a store on real files, observed. Closed at the end of the scope, if not before. */
export async function openTestStore(
  root: string,
  options: Partial<StoreOptions> & { readonly clock?: ManualClock } = {},
): Promise<TestStore> {
  const storage = new ObservedStorage(root)
  const clock = options.clock ?? new ManualClock()
  const backgroundErrors: unknown[] = []
  await storage.createDirectory('')
  const store = await openStore(root, {
    storage,
    clock,
    onBackgroundError: (_, error) => backgroundErrors.push(error),
    ...options,
  })
  return {
    store,
    storage,
    clock,
    backgroundErrors,
    [Symbol.asyncDispose]: () => store.close(),
  }
}

export interface TestLog extends TestStore {
  readonly log: Log
}

/** As {@link openTestStore}, with one stream named `s`. */
export async function openTestLog(
  root: string,
  config: StreamConfigInput = {},
  options: Partial<StoreOptions> & { readonly clock?: ManualClock } = {},
): Promise<TestLog> {
  const opened = await openTestStore(root, options)
  const log = await opened.store.ensure('s', config)
  return { ...opened, log }
}

/** The name of the stream of {@link openTestLog}. */
export const STREAM = 's'
export const SMALL: StreamConfigInput = { segmentBytesMax: '64KiB' }

/** Appends records of a size until the log has left `rolls` segments. Returns how many it appended. */
export async function appendSegments(log: Log, rolls: number, sizeBytes = 20_000): Promise<number> {
  const start = log.endOffset
  const segments = log.describe().segmentCount + rolls
  while (log.describe().segmentCount < segments) {
    await log.append({ value: new Uint8Array(sizeBytes).fill(log.endOffset % 251) })
  }
  return log.endOffset - start
}
