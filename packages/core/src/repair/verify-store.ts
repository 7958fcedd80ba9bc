/**
 * Verifies a data directory: every batch of every segment, and the files around them.
 *
 * Takes no lock and writes nothing, so it runs offline as well as beside a running server. Memory is
 * bounded by the longest batch, not by the size of the store.
 */
import { resolve } from 'node:path'
import { parseSegmentFileName, RequestError, StorageError } from '@tailrace/format'
import { isStreamEntry, linkProblem } from '../store/linked-streams.js'
import { readStoreMetadata } from '../store/store-metadata.js'
import { STREAMS_DIRECTORY, TRASH_DIRECTORY } from '../store/stream-creation.js'
import type { Storage } from '../storage/storage-port.js'
import { WindowBuffer } from './byte-window.js'
import { requireDataDirectory } from './data-directory.js'
import { DiskSource } from './disk-source.js'
import type { FileSource } from './file-source.js'
import { inspectSettled } from './inspect-settled.js'
import { StorageSource } from './storage-source.js'
import { VerificationMeter } from './verification-meter.js'
import { fileDefect, verificationOf } from './stream-verification.js'
import type {
  Defect,
  StoreVerification,
  StreamVerification,
  VerificationProgress,
  VerificationWarning,
} from './verification.js'
import { verifySidecars } from './verify-sidecars.js'

/** What to verify and whom to tell. */
export interface VerifyOptions {
  /** Only these streams. Default: all. */
  readonly streams?: readonly string[] | undefined
  /** Called after every few MiB and at the end. */
  readonly onProgress?: ((progress: VerificationProgress) => void) | undefined
  /** Ends the verification with its reason, an AbortError as a rule. */
  readonly signal?: AbortSignal | undefined
  /** Default: the files of the directory. */
  readonly storage?: Storage | undefined
}

/**
 * Verifies the data directory, or some streams of it.
 *
 * Beside a running writer, what it had stored when each stream was looked at.
 *
 * @throws {RequestError} STREAM_NOT_FOUND for a name in `streams`.
 * @throws {StorageError} STORE_NOT_FOUND when the directory is no data directory; IO_ERROR;
 * STORE_NOT_WRITABLE (no permission). @throws the reason of `signal`.
 */
export async function verifyStore(
  directory: string,
  options: VerifyOptions = {},
): Promise<StoreVerification> {
  const { storage } = options
  const isSimulated = storage !== undefined
  const root = isSimulated ? directory : resolve(directory)
  const source = isSimulated ? new StorageSource(storage) : new DiskSource(root)
  return new StoreVerifier({ root, source }, options).run()
}

class StoreVerifier {
  readonly #root: string
  readonly #source: FileSource
  readonly #options: VerifyOptions
  readonly #buffer = new WindowBuffer()
  readonly #meter: VerificationMeter

  constructor(
    place: { readonly root: string; readonly source: FileSource },
    options: VerifyOptions,
  ) {
    this.#root = place.root
    this.#source = place.source
    this.#options = options
    this.#meter = new VerificationMeter(options.onProgress ?? (() => undefined))
  }

  async run(): Promise<StoreVerification> {
    const own = await this.#verifyDirectory()
    const names = await this.#streamNames()
    for (const name of names) this.#meter.expect(name, await this.#segmentBytes(name))
    const streams: StreamVerification[] = []
    for (const name of names) {
      const found = await this.#verifyStream(name)
      // Deleted meanwhile: nothing of it is left to be verified.
      if (found !== undefined) streams.push(found)
    }
    this.#meter.end()
    const isSound = own.defects.length === 0 && streams.every(({ defects }) => defects.length === 0)
    return { directory: this.#root, isSound, streams, ...own }
  }

  async #verifyDirectory(): Promise<{
    readonly defects: readonly Defect[]
    readonly warnings: readonly VerificationWarning[]
  }> {
    const entries = await requireDataDirectory(this.#source, this.#root)
    const names = entries.map(({ name }) => name)
    const beside = names.filter((name) => !STORE_FILES.has(name) && !name.endsWith('.tmp'))
    const inStreams = (await this.#source.list(STREAMS_DIRECTORY)) ?? []
    const noStreams = inStreams.filter((entry) => !isStreamEntry(entry))
    const links = inStreams.filter((entry) => isStreamEntry(entry) && entry.isLink === true)
    const foreign = [...beside, ...noStreams.map(({ name }) => `${STREAMS_DIRECTORY}/${name}`)]
    const problem = await this.#metadataProblem()
    const ofLinks = links.map(({ name }) =>
      fileDefect(`${STREAMS_DIRECTORY}/${name}`, linkProblem(name)),
    )
    return {
      defects: [...(problem === undefined ? [] : [fileDefect('store.meta', problem)]), ...ofLinks],
      warnings: foreign.sort().map((file) => ({ file, message: 'does not belong here' })),
    }
  }

  async #metadataProblem(): Promise<string | undefined> {
    const bytes = await this.#source.readFile('store.meta')
    if (bytes === undefined) return 'store.meta is missing'
    try {
      readStoreMetadata({ readFile: () => bytes })
      return undefined
    } catch (error) {
      if (error instanceof StorageError) return error.message
      throw error
    }
  }

  async #streamNames(): Promise<readonly string[]> {
    const entries = (await this.#source.list(STREAMS_DIRECTORY)) ?? []
    const present = new Set(entries.filter(isStreamEntry).map(({ name }) => name))
    const asked = this.#options.streams ?? [...present]
    for (const name of asked) {
      if (present.has(name)) continue
      const message = `there is no stream "${name}" in "${this.#root}"`
      throw new RequestError('STREAM_NOT_FOUND', message, { details: { stream: name } })
    }
    return [...new Set(asked)].sort()
  }

  async #segmentBytes(stream: string): Promise<number> {
    const entries = (await this.#source.list(`${STREAMS_DIRECTORY}/${stream}`)) ?? []
    return entries
      .filter(({ name }) => parseSegmentFileName(name) !== undefined)
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  async #verifyStream(name: string): Promise<StreamVerification | undefined> {
    const directory = `${STREAMS_DIRECTORY}/${name}`
    const source = this.#source
    this.#meter.begin(name)
    const inspected = await inspectSettled({
      source,
      directory,
      buffer: this.#buffer,
      onRead: ({ fileName }, endPosition) => {
        this.#options.signal?.throwIfAborted()
        this.#meter.read(fileName, endPosition)
      },
    })
    if (inspected === undefined) return undefined
    return verificationOf(name, inspected, await verifySidecars(source, directory, inspected))
  }
}

const STORE_FILES = new Set(['lock', 'store.meta', STREAMS_DIRECTORY, TRASH_DIRECTORY])
