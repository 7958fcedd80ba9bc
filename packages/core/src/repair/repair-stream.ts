/**
 * Repairs a stream: gives up what cannot be read, keeps everything else, destroys nothing.
 *
 * Without `apply` it only says what it would do. With it, it holds the store's lock from looking to the
 * last rename, so that no writer comes between.
 */
import { resolve } from 'node:path'
import { checkStreamName, RequestError, StorageError } from '@tailrace/format'
import { systemClock } from '../io/clock.js'
import type { Clock } from '../io/clock.js'
import { collectSegmentFiles } from '../log/segment-files.js'
import { readStreamMetadata } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { MappedStorage } from '../storage/mapped-storage.js'
import type { Storage } from '../storage/storage-port.js'
import { linkedStream } from '../store/linked-streams.js'
import { lockStore } from '../store/store-lock.js'
import { STREAMS_DIRECTORY } from '../store/stream-creation.js'
import { applyRepair } from './apply-repair.js'
import { WindowBuffer } from './byte-window.js'
import { requireDataDirectory } from './data-directory.js'
import { DiskSource } from './disk-source.js'
import type { FileSource } from './file-source.js'
import { finishRepair } from './finish-repair.js'
import { inspectSettled } from './inspect-settled.js'
import type { InspectedStream } from './inspect-stream.js'
import { planRepair } from './repair-plan.js'
import type { RepairPlan } from './repair-plan.js'
import type { RepairReport } from './repair-report.js'
import { StorageSource } from './storage-source.js'
import { verifySidecars } from './verify-sidecars.js'
import type { Sidecars } from './verify-sidecars.js'

/** How to repair. */
export interface RepairOptions {
  /** False: only say what would be done. */
  readonly apply: boolean
  /** Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Default: the files of the directory, which is locked while a repair is applied. */
  readonly storage?: Storage | undefined
}

/**
 * Plans the repair of a stream, and carries it out if asked to.
 *
 * Needs disk space for a copy of each damaged segment. Takes as long as reading the stream once.
 *
 * @throws {RequestError} STREAM_NOT_FOUND; INVALID_STREAM_NAME.
 * @throws {StorageError} STORE_LOCKED with `apply` while a writer runs; STREAM_CORRUPT when `stream.meta` is
 * missing or damaged, or the stream's directory is a symbolic link; STORE_NOT_FOUND; NO_SPACE: nothing was changed, or the next opening completes it;
 * IO_ERROR.
 */
export async function repairStream(
  directory: string,
  name: string,
  options: RepairOptions,
): Promise<RepairReport> {
  checkStreamName(name)
  const { storage, apply } = options
  const root = storage === undefined ? resolve(directory) : directory
  const source = storage === undefined ? new DiskSource(root) : new StorageSource(storage)
  await requireDataDirectory(source, root)
  const stream = { name, directory: `${STREAMS_DIRECTORY}/${name}`, source }
  const entries = (await source.list(STREAMS_DIRECTORY)) ?? []
  if (entries.some((entry) => entry.name === name && entry.isLink === true))
    throw linkedStream(name)
  if (!apply) return previewRepair(stream)
  const lock = storage === undefined ? lockStore(root) : undefined
  try {
    const nowUs = (options.clock ?? systemClock()).nowUs()
    return await carryOut(stream, storage ?? new MappedStorage(root), nowUs)
  } finally {
    lock?.release()
  }
}

interface RepairedStream {
  readonly name: string
  readonly directory: string
  readonly source: FileSource
}

async function previewRepair(stream: RepairedStream): Promise<RepairReport> {
  const { inspected, sidecars } = await inspect(stream)
  const isInterrupted = inspected.metadata?.repair !== undefined
  const plan = planRepair(inspected, sidecars)
  return reportOf(stream, plan, { isInterrupted, isApplied: false })
}

async function carryOut(
  stream: RepairedStream,
  storage: Storage,
  nowUs: number,
): Promise<RepairReport> {
  const { directory, source } = stream
  const found = await inspectedMetadata(stream)
  const isInterrupted = found.repair !== undefined
  const metadata = await finishRepair(storage, directory, found)
  // Names in order, as at every opening.
  await collectSegmentFiles(storage, directory)
  const { inspected, sidecars } = await inspect(stream)
  const plan = planRepair(inspected, sidecars)
  if (plan.actions.length > 0) {
    const { files } = inspected
    await applyRepair({ storage, source, directory, metadata, files, plan, nowUs })
  }
  const isApplied = isInterrupted || plan.actions.length > 0
  return reportOf(stream, plan, { isInterrupted, isApplied })
}

async function inspectedMetadata({
  name,
  directory,
  source,
}: RepairedStream): Promise<StreamMetadata> {
  const bytes = await source.readFile(`${directory}/stream.meta`)
  const metadata = readStreamMetadata({ readFile: () => bytes }, directory)
  if (metadata !== undefined) return metadata
  if ((await source.list(directory)) === undefined) throw notFound(name)
  throw noMetadata(name, 'stream.meta is missing')
}

async function inspect({ name, directory, source }: RepairedStream): Promise<{
  readonly inspected: InspectedStream
  readonly sidecars: Sidecars
}> {
  const buffer = new WindowBuffer()
  const inspected = await inspectSettled({ source, directory, buffer, onRead: () => undefined })
  if (inspected === undefined) throw notFound(name)
  if (inspected.metadata === undefined) {
    throw noMetadata(name, inspected.metadataProblem ?? 'stream.meta is missing')
  }
  return { inspected, sidecars: await verifySidecars(source, directory, inspected) }
}

function reportOf(
  { name }: RepairedStream,
  plan: RepairPlan,
  state: { readonly isInterrupted: boolean; readonly isApplied: boolean },
): RepairReport {
  const { gaps, lostRecords, unrepairable } = plan
  const { isInterrupted, isApplied } = state
  const actions = isInterrupted
    ? [{ kind: 'complete-repair' } as const, ...plan.actions]
    : plan.actions
  const isNeeded = actions.length > 0
  return { stream: name, isNeeded, isApplied, actions, lostRecords, gaps, unrepairable }
}

function notFound(name: string): RequestError {
  const message = `there is no stream "${name}" in the data directory`
  return new RequestError('STREAM_NOT_FOUND', message, { details: { stream: name } })
}

function noMetadata(name: string, problem: string): StorageError {
  const message = `stream "${name}" cannot be repaired: ${problem}; restore stream.meta from a copy`
  return new StorageError('STREAM_CORRUPT', message, { details: { stream: name } })
}
