/**
 * A data directory that another process writes, or none at the moment: opened for reading only.
 *
 * Takes no lock and writes no byte, so that any number of processes may do it, with the writer running,
 * stopped, killed or started again (docs/adr/0014). What it says of the set of streams is as of the call.
 */
import { resolve } from 'node:path'
import { checkStreamName, STREAM_NAME_PATTERN, StorageError } from '@tailrace/format'
import { systemClock } from '../io/clock.js'
import type { Clock } from '../io/clock.js'
import { eventLoopScheduler } from '../io/scheduler.js'
import type { Scheduler } from '../io/scheduler.js'
import { ActiveMappings } from '../segments/active-mappings.js'
import { MappingCache } from '../segments/mapping-cache.js'
import { MappedReadOnlyStorage } from '../storage/mapped-read-only-storage.js'
import { useNativeCrc32 } from '../storage/native-crc32.js'
import type { ReadOnlyStorage } from '../storage/read-only-storage.js'
import { readStoreMetadata } from '../store/store-metadata.js'
import { STREAMS_DIRECTORY } from '../store/stream-creation.js'
import { noStore } from './follow-errors.js'
import { openReadOnlyLog } from './open-read-only-log.js'
import type { FollowEnvironment } from './open-read-only-log.js'
import { Polling } from './polling.js'
import type { ReadOnlyLog } from './read-only-log.js'

/** Settings of a store that is read only; each has a default. */
export interface ReadOnlyStoreOptions {
  /** How many bytes of sealed segments stay mapped, over all streams. Default 1 GiB. */
  readonly mappedBytesMax?: number
  /** The shortest time between two looks at a stream somebody waits for, in milliseconds, ≥ 1. Default 1. */
  readonly pollIntervalMs?: number
  /** The longest, to which it grows while nothing comes. Default 50, or the shortest if that is more. */
  readonly pollIntervalMsMax?: number
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: the event loop. */
  readonly scheduler?: Scheduler
  /** Default: memory-mapped files in the directory. */
  readonly storage?: ReadOnlyStorage
}

const MAPPED_BYTES_MAX_DEFAULT = 1024 * 1024 * 1024
const POLL_INTERVAL_MS_DEFAULT = 1
const POLL_INTERVAL_MS_MAX_DEFAULT = 50
/** What may be in a directory in which a store is being made. */
const FIRST_NAMES = new Set(['lock', 'store.meta', 'store.meta.tmp'])

/**
 * Opens a data directory for reading. A directory that is empty, or not there, is a store without
 * streams: a reader may be started before the writer.
 *
 * @throws {StorageError} STORE_NOT_FOUND when the directory holds other things; UNSUPPORTED_STORE_VERSION;
 * STREAM_CORRUPT when `store.meta` is damaged; IO_ERROR.
 * @throws {RangeError} for an interval below 1 ms, or a longest one below the shortest.
 */
export async function openStoreReadOnly(
  directory: string,
  options: ReadOnlyStoreOptions = {},
): Promise<ReadOnlyStore> {
  useNativeCrc32()
  const root = resolve(directory)
  const storage = options.storage ?? new MappedReadOnlyStorage(root)
  checkStore(storage, root)
  return new ReadOnlyStore(root, storage, options)
}

/** A data directory that is open for reading; made by {@link openStoreReadOnly}. */
export class ReadOnlyStore implements AsyncDisposable {
  readonly #directory: string
  readonly #environment: FollowEnvironment
  readonly #logs = new Map<string, ReadOnlyLog>()
  #isClosed = false

  /** Use {@link openStoreReadOnly}. */
  constructor(directory: string, storage: ReadOnlyStorage, options: ReadOnlyStoreOptions) {
    const clock = options.clock ?? systemClock()
    const scheduler = options.scheduler ?? eventLoopScheduler()
    const { pollIntervalMs = POLL_INTERVAL_MS_DEFAULT } = options
    const { pollIntervalMsMax = Math.max(POLL_INTERVAL_MS_MAX_DEFAULT, pollIntervalMs) } = options
    checkInterval('pollIntervalMs', pollIntervalMs, 1)
    checkInterval('pollIntervalMsMax', pollIntervalMsMax, pollIntervalMs)
    this.#directory = directory
    this.#environment = {
      storage,
      scheduler,
      cache: new MappingCache(options.mappedBytesMax ?? MAPPED_BYTES_MAX_DEFAULT),
      // A tail is never let go: to look at it is all there is to do.
      activeMappings: new ActiveMappings(Infinity),
      polling: new Polling({
        scheduler,
        clock,
        intervalMs: pollIntervalMs,
        intervalMsMax: pollIntervalMsMax,
      }),
    }
  }

  /** The data directory, absolute. */
  get directory(): string {
    return this.#directory
  }

  /** The names of all streams as of now, sorted by code unit. @throws {StorageError} STORE_CLOSED, IO_ERROR. */
  list(): readonly string[] {
    this.#assertOpen()
    const names = this.#environment.storage.names(STREAMS_DIRECTORY) ?? []
    return names.filter((name) => this.has(name)).sort()
  }

  /** True when there is a stream of this name now. @throws {StorageError} STORE_CLOSED, IO_ERROR. */
  has(name: string): boolean {
    this.#assertOpen()
    if (!STREAM_NAME_PATTERN.test(name)) return false
    return this.#environment.storage.stat(`${STREAMS_DIRECTORY}/${name}/stream.meta`) !== undefined
  }

  /**
   * Opens a stream; the same log every time, until that is closed.
   *
   * @throws {RequestError} STREAM_NOT_FOUND; INVALID_STREAM_NAME.
   * @throws {StorageError} STREAM_CORRUPT, IO_ERROR, UNSUPPORTED_STORE_VERSION, STORE_CLOSED.
   */
  async open(name: string): Promise<ReadOnlyLog> {
    this.#assertOpen()
    checkStreamName(name)
    const opened = this.#logs.get(name)
    if (opened?.isClosed === false) return opened
    // A store that came into being since this one was opened may be of a later version.
    checkStore(this.#environment.storage, this.#directory)
    const log = openReadOnlyLog(this.#environment, name)
    this.#logs.set(name, log)
    return log
  }

  /** Closes every log. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const log of this.#logs.values()) await log.close('the store was closed')
    this.#logs.clear()
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #assertOpen(): void {
    if (!this.#isClosed) return
    const message = `the store "${this.#directory}" is closed`
    throw new StorageError('STORE_CLOSED', message, { details: { directory: this.#directory } })
  }
}

function checkInterval(name: string, intervalMs: number, intervalMsMin: number): void {
  if (intervalMs >= intervalMsMin && intervalMs < Infinity) return
  throw new RangeError(`${name} is ${intervalMs}, must be at least ${intervalMsMin}`)
}

/** Passes for a store this program reads, and for a place where one may yet come into being. */
function checkStore(storage: ReadOnlyStorage, directory: string): void {
  if (readStoreMetadata(storage) !== undefined) return
  const names = storage.names('') ?? []
  if (!names.every((name) => FIRST_NAMES.has(name))) throw noStore(directory)
}
