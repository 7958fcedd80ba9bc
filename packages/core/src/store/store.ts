/**
 * A data directory: the streams in it, one writer process.
 *
 * Streams are opened on first use and stay open. Creating, opening and deleting streams of one name runs
 * one after another, so that two callers who ensure the same name get the same log; different names do not
 * wait for each other.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { BatchBuilder, checkStreamName, RequestError, StorageError } from '@tailrace/format'
import { currentBootId } from '../io/boot-id.js'
import { systemClock } from '../io/clock.js'
import type { Clock } from '../io/clock.js'
import { JobQueue } from '../io/job-queue.js'
import { NamedJobs } from '../io/named-jobs.js'
import { eventLoopScheduler } from '../io/scheduler.js'
import type { Scheduler } from '../io/scheduler.js'
import { Slots, syncsInFlightMax } from '../io/slots.js'
import type { Log } from '../log/log.js'
import { RECOVERY_LIMITS } from '../log/recovery-limits.js'
import type { RecoveryLimits } from '../log/recovery-limits.js'
import type { RecoveryReport } from '../log/recovery-report.js'
import { RecordCollector } from '../log/record-collector.js'
import { configDifference, DEFAULT_STREAM_CONFIG, parseStreamConfig } from '../log/stream-config.js'
import type { StreamConfig, StreamConfigInput } from '../log/stream-config.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { ActiveMappings } from '../segments/active-mappings.js'
import { MappingCache } from '../segments/mapping-cache.js'
import type { ClosedMappings } from '../storage/closed-mappings.js'
import { MappedStorage } from '../storage/mapped-storage.js'
import { useNativeCrc32 } from '../storage/native-crc32.js'
import { withinOpenFileLimit } from '../storage/open-file-limit.js'
import { storageErrorOf } from '../storage/storage-error.js'
import type { Storage, StorageEntry } from '../storage/storage-port.js'
import { isStreamEntry, linkedStream } from './linked-streams.js'
import { openLog, openNewLog } from './open-log.js'
import type { LogEnvironment } from './open-log.js'
import { lockStore } from './store-lock.js'
import type { StoreLock } from './store-lock.js'
import { openStoreMetadata, writeStoreMetadata } from './store-metadata.js'
import type { StoreMetadata } from './store-metadata.js'
import { finishRemovals, STREAMS_DIRECTORY, TRASH_DIRECTORY } from './stream-creation.js'
import { StreamDirectories } from './stream-directories.js'

/** Settings of a store; each has a default. */
export interface StoreOptions {
  /** How many bytes of sealed segments stay mapped, over all streams. Default 1 GiB. */
  readonly mappedBytesMax?: number
  /**
   * How many active segments stay mapped; further streams rest until they are used. Fewer do when the process
   * may open no more files. Default 1,024.
   */
  readonly activeMappingsMax?: number
  /**
   * How often retention by age is looked at, and the mappings of files that were closed, in milliseconds.
   * Default 30,000.
   */
  readonly upkeepIntervalMs?: number
  /** Hears of failures in the background that no caller waits for. Default: they are dropped. */
  readonly onBackgroundError?: (stream: string, error: unknown) => void
  /**
   * Hears what the opening of a stream found, when that is worth a word: a torn tail that was cut off,
   * damage, behind which the log cannot be read, or producers that are forgotten. Default: nobody;
   * `log.recovery` says it, too.
   */
  readonly onRecovery?: (stream: string, report: RecoveryReport) => void
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: the event loop. */
  readonly scheduler?: Scheduler
  /** Identity of this run of the machine, which a loss of power ends. Default: the kernel's. */
  readonly bootId?: string
  /** Default: memory-mapped files in the directory, which is then locked. */
  readonly storage?: Storage
  /** For tests, which are to reach these bounds with small logs. Default: those of the format. */
  readonly recoveryLimits?: RecoveryLimits
}

const MAPPED_BYTES_MAX_DEFAULT = 1024 * 1024 * 1024
const ACTIVE_MAPPINGS_MAX_DEFAULT = 1024
const EPOCHS_RESERVED = 64
const UPKEEP_INTERVAL_MS_DEFAULT = 30_000

/**
 * Opens a data directory for writing, creating it if need be.
 *
 * @throws {StorageError} STORE_LOCKED when another process has it; STORE_NOT_WRITABLE;
 * UNSUPPORTED_STORE_VERSION; STREAM_CORRUPT when `store.meta` is damaged.
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
  useNativeCrc32()
  if (options.storage !== undefined) {
    const { storage } = options
    return Store.open({ directory, storage, lock: undefined, closedMappings: undefined }, options)
  }
  const root = resolve(directory)
  try {
    mkdirSync(root, { recursive: true })
  } catch (error) {
    throw storageErrorOf(error, 'creating', root)
  }
  const lock = lockStore(root)
  try {
    const storage = new MappedStorage(root)
    const { closedMappings } = storage
    return await Store.open({ directory: root, storage, lock, closedMappings }, options)
  } catch (error) {
    lock.release()
    throw error
  }
}

interface StoreHome {
  readonly directory: string
  readonly storage: Storage
  readonly lock: StoreLock | undefined
  /** Looked at from time to time; undefined where the storage is somebody else's. */
  readonly closedMappings: ClosedMappings | undefined
}

/** A data directory, open for writing. Opened by {@link openStore}. */
export class Store implements AsyncDisposable {
  readonly #home: StoreHome
  readonly #environment: LogEnvironment
  readonly #onRecovery: (stream: string, report: RecoveryReport) => void
  readonly #names: Set<string>
  /** Those of them that are symbolic links: as good as damaged. */
  readonly #linkedNames: Set<string>
  readonly #directories: StreamDirectories
  readonly #logs = new Map<string, Log>()
  readonly #jobs = new NamedJobs()
  /** Openings read, and may have to write. */
  readonly #openings = new Slots(syncsInFlightMax())
  readonly #epochs = new JobQueue(() => undefined)
  #closing: Promise<void> | undefined
  #metadata: StoreMetadata
  /** The last epoch given; up to that of the metadata they are reserved for this process. */
  #lastEpoch: number
  #isClosed = false
  #cancelUpkeep: () => void = () => undefined

  private constructor(
    home: StoreHome,
    options: StoreOptions,
    found: { readonly metadata: StoreMetadata; readonly entries: readonly StorageEntry[] },
  ) {
    const cache = new MappingCache(options.mappedBytesMax ?? MAPPED_BYTES_MAX_DEFAULT)
    const activeMappings = new ActiveMappings(
      options.activeMappingsMax ?? ACTIVE_MAPPINGS_MAX_DEFAULT,
    )
    const storage = withinOpenFileLimit(home.storage, () => {
      // Of the two, the one that holds more gives first.
      const [most, other] =
        cache.count > activeMappings.count ? [cache, activeMappings] : [activeMappings, cache]
      return most.makeRoom() || other.makeRoom()
    })
    this.#home = { ...home, storage }
    this.#directories = new StreamDirectories(storage)
    this.#onRecovery = options.onRecovery ?? (() => undefined)
    this.#metadata = found.metadata
    this.#lastEpoch = found.metadata.lastEpoch
    this.#names = new Set(found.entries.map(({ name }) => name))
    const links = found.entries.filter(({ isLink }) => isLink === true)
    this.#linkedNames = new Set(links.map(({ name }) => name))
    const clock = options.clock ?? systemClock()
    this.#environment = {
      storage,
      clock,
      scheduler: options.scheduler ?? eventLoopScheduler(),
      cache,
      activeMappings,
      syncSlots: new Slots(syncsInFlightMax()),
      collector: new RecordCollector(new BatchBuilder(), clock),
      nextEpoch: () => this.#epochs.run(() => this.#nextEpoch()),
      bootId: options.bootId ?? currentBootId(),
      limits: options.recoveryLimits ?? RECOVERY_LIMITS,
      onBackgroundError: options.onBackgroundError ?? (() => undefined),
    }
    this.#scheduleUpkeep(options.upkeepIntervalMs ?? UPKEEP_INTERVAL_MS_DEFAULT)
  }

  /** Use {@link openStore}. */
  static async open(home: StoreHome, options: StoreOptions): Promise<Store> {
    const { storage } = home
    const metadata = await openStoreMetadata(storage, () => randomBytes(16).toString('hex'))
    await storage.createDirectory(STREAMS_DIRECTORY)
    // Names that a process before this one gave may be in memory only; from here on they count.
    await finishRemovals(storage)
    // It stays when it is empty: on a full disk another one might not be had.
    await storage.createDirectory(TRASH_DIRECTORY)
    await storage.syncDirectory('')
    const entries = await storage.list(STREAMS_DIRECTORY)
    return new Store(home, options, { metadata, entries: entries.filter(isStreamEntry) })
  }

  /** The data directory, absolute. */
  get directory(): string {
    return this.#home.directory
  }

  /** Identity of the data directory: 32 hex digits. */
  get storeId(): string {
    return this.#metadata.storeId
  }

  /** The names of all streams, sorted by code unit. */
  list(): readonly string[] {
    return [...this.#names].sort()
  }

  /** True when there is a stream of this name. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  /**
   * Opens a stream, creating it if there is none. Durable when it resolves.
   *
   * @param config - for a new stream: its configuration. For an existing one: what the caller relies on.
   * @throws {RequestError} INVALID_STREAM_NAME; INVALID_CONFIG; STREAM_EXISTS when the existing stream's
   * configuration differs in a field that was given.
   * @throws {StorageError} NO_SPACE, IO_ERROR, STREAM_CORRUPT, STORE_CLOSED.
   */
  async ensure(name: string, config: StreamConfigInput = {}): Promise<Log> {
    checkStreamName(name)
    const asked = parseStreamConfig(config)
    return this.#jobs.run(name, async () => {
      this.#assertOpen()
      const log = this.#names.has(name)
        ? await this.#logOf(name)
        : await this.#create(name, { ...DEFAULT_STREAM_CONFIG, ...asked })
      const difference = configDifference(asked, log.config)
      if (difference === undefined) return log
      const message = `stream "${name}" exists with another configuration: ${difference}`
      throw new RequestError('STREAM_EXISTS', message, { details: { stream: name } })
    })
  }

  /**
   * Opens an existing stream; the same log every time.
   *
   * @throws {RequestError} STREAM_NOT_FOUND; INVALID_STREAM_NAME.
   * @throws {StorageError} IO_ERROR, STREAM_CORRUPT, STORE_CLOSED.
   */
  async open(name: string): Promise<Log> {
    this.#assertOpen()
    const opened = this.#logs.get(name)
    if (opened?.isClosed === false) return opened
    checkStreamName(name)
    return this.#jobs.run(name, async () => {
      this.#assertOpen()
      if (!this.#names.has(name)) throw notFound(name)
      return this.#logOf(name)
    })
  }

  /**
   * Deletes a stream with all its records. Its readers end with STREAM_CLOSED, and so do appends that wait
   * for a sync.
   *
   * @throws {RequestError} STREAM_NOT_FOUND; INVALID_STREAM_NAME.
   * @throws {StorageError} NO_SPACE, IO_ERROR: the stream is there as it was, or gone but not known to stay
   * so; deleting it again goes on with it. STORE_CLOSED.
   */
  async delete(name: string): Promise<void> {
    checkStreamName(name)
    await this.#jobs.run(name, async () => {
      this.#assertOpen()
      if (!this.#names.has(name) && !this.#directories.isUnfinished(name)) throw notFound(name)
      // Not opened for it: a stream that is damaged beyond opening can be deleted, too.
      const log = this.#logs.get(name)
      await log?.discard('the stream was deleted').catch(ignoreFailedSync)
      this.#logs.delete(name)
      try {
        await this.#remove(name)
      } catch (error) {
        // It is there as it was, with records that no sync has covered: whoever has it open sees to them.
        if (log !== undefined && this.#names.has(name))
          await this.#logOf(name).catch(ignoreFailedSync)
        throw error
      }
    })
  }

  /** Syncs and closes every stream and releases the directory. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.catch(ignoreFailedSync)
    this.#isClosed = true
    this.#cancelUpkeep()
    this.#closing = this.#shutDown()
    await this.#closing
  }

  async #shutDown(): Promise<void> {
    await this.#jobs.idle()
    const closings = [...this.#logs.values()].map((log) => log.close('the store was closed'))
    const outcomes = await Promise.allSettled(closings)
    this.#logs.clear()
    this.#home.lock?.release()
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What was made needs no recovery. */
  async #create(name: string, config: StreamConfig): Promise<Log> {
    if (this.#directories.isUnfinished(name)) await this.#remove(name)
    const { clock, bootId, nextEpoch } = this.#environment
    const metadata: StreamMetadata = {
      formatVersion: 1,
      name,
      streamId: randomBytes(16).toString('hex'),
      epoch: await nextEpoch(),
      createdUs: clock.nowUs(),
      config,
      startOffset: 0,
      // As an opening would note: it is open from the beginning.
      ...(config.durability === 'relaxed' && { openSinceBoot: bootId }),
    }
    await this.#directories.create(metadata)
    this.#names.add(name)
    const log = openNewLog(this.#environment, metadata)
    this.#logs.set(name, log)
    return log
  }

  /** Takes a stream away, or goes on with that. When its directory cannot be moved, it is still there. */
  async #remove(name: string): Promise<void> {
    await this.#directories.remove(name, () => {
      this.#names.delete(name)
      this.#linkedNames.delete(name)
    })
  }

  async #logOf(name: string): Promise<Log> {
    const opened = this.#logs.get(name)
    if (opened?.isClosed === false) return opened
    // Closed by itself, perhaps still being closed; how that ends concerns whoever did it.
    await opened?.close().catch(ignoreFailedSync)
    if (this.#linkedNames.has(name)) throw linkedStream(name)
    const log = await this.#openings.run(() => openLog(this.#environment, name))
    const { tornTail, damage, forgottenProducers } = log.recovery
    if ((tornTail ?? damage ?? forgottenProducers) !== undefined)
      this.#onRecovery(name, log.recovery)
    this.#logs.set(name, log)
    return log
  }

  /** Epochs are reserved in blocks: three syncs saved for each stream that is created. */
  async #nextEpoch(): Promise<number> {
    const epoch = this.#lastEpoch + 1
    if (epoch > this.#metadata.lastEpoch) {
      const lastEpoch = this.#metadata.lastEpoch + EPOCHS_RESERVED
      const metadata = { ...this.#metadata, lastEpoch }
      await writeStoreMetadata(this.#home.storage, metadata)
      // Not before: what could not be written is not reserved.
      this.#metadata = metadata
    }
    this.#lastEpoch = epoch
    return epoch
  }

  #scheduleUpkeep(intervalMs: number): void {
    const { scheduler, onBackgroundError } = this.#environment
    this.#cancelUpkeep = scheduler.after(intervalMs, () => {
      for (const [name, log] of this.#logs) {
        log.applyRetention().catch((error: unknown) => {
          onBackgroundError(name, error)
        })
      }
      this.#home.closedMappings?.letGo()
      this.#environment.activeMappings.allowMore()
      this.#scheduleUpkeep(intervalMs)
    })
  }

  #assertOpen(): void {
    if (!this.#isClosed) return
    const message = `the store "${this.directory}" is closed`
    throw new StorageError('STORE_CLOSED', message, { details: { directory: this.directory } })
  }
}

function notFound(name: string): RequestError {
  const message = `there is no stream "${name}"; create it first (ensure)`
  return new RequestError('STREAM_NOT_FOUND', message, { details: { stream: name } })
}

/** A stream that is deleted need not be synced, and who closed a log was told how that ended. */
function ignoreFailedSync(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
}
