/**
 * Carries a repair plan out: all new files first, then `stream.meta`, then the renames.
 *
 * Until `stream.meta` is replaced the stream is as it was, and a failure leaves nothing behind; from then
 * on the repair has happened, and whoever opens the stream completes it (docs/adr/0013).
 */
import { randomBytes } from 'node:crypto'
import { indexFileName, parseIndexFileName, segmentFileName, StorageError } from '@tailrace/format'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { writeStreamMetadata } from '../log/stream-metadata.js'
import { encodeProducerSnapshot, PRODUCER_SNAPSHOT_FILE } from '../producers/producer-snapshot.js'
import { encodedIndex } from '../segments/segment-loader.js'
import { openStoreMetadata, writeStoreMetadata } from '../store/store-metadata.js'
import type { Storage } from '../storage/storage-port.js'
import { buildEmptySegment, buildPiece, copyToFile } from './build-segment.js'
import type { FileSource } from './file-source.js'
import { finishRepair } from './finish-repair.js'
import { READY_FILE_SUFFIX } from './repair-files.js'
import type { PiecePlan, RebuildPlan, RepairPlan } from './repair-plan.js'
import type { StreamFiles } from './stream-files.js'

/** What a repair works on. */
export interface RepairWork {
  readonly storage: Storage
  readonly source: FileSource
  readonly directory: string
  readonly metadata: StreamMetadata
  readonly files: StreamFiles
  readonly plan: RepairPlan
  readonly nowUs: number
}

/** Applies the plan; durable when it resolves. @throws {StorageError} NO_SPACE, IO_ERROR. */
export async function applyRepair(work: RepairWork): Promise<void> {
  const { storage, directory } = work
  const ready = new ReadyFiles(work)
  try {
    for (const name of work.files.leftovers) await storage.remove(`${directory}/${name}`)
    const metadata = await writeFiles(work, ready)
    await storage.syncDirectory(directory)
    // Before, not after: a write that fails may have replaced the file all the same.
    ready.keep()
    await writeStreamMetadata(storage, directory, metadata)
    await finishRepair(storage, directory, metadata)
  } finally {
    await ready.discard()
  }
}

/** Writes every new file under its waiting name; returns the metadata that puts them in place. */
async function writeFiles(work: RepairWork, ready: ReadyFiles): Promise<StreamMetadata> {
  const { storage, metadata, plan, nowUs } = work
  const { gaps: _, ...rest } = metadata
  const epoch = plan.epochReason === undefined ? rest.epoch : await nextEpoch(storage, rest.epoch)
  const owner = { streamId: rest.streamId, epoch }
  for (const rebuild of plan.rebuilds) await rebuildSegment(work, ready, { rebuild, owner })
  if (plan.beginAt !== undefined) {
    const path = ready.path(segmentFileName(plan.beginAt))
    const target = { path, baseOffset: plan.beginAt, createdUs: nowUs }
    await buildEmptySegment(storage, target, owner)
  }
  if (plan.producers !== undefined) {
    const content = encodeProducerSnapshot(plan.producers)
    await storage.writeFile(ready.path(PRODUCER_SNAPSHOT_FILE), content)
  }
  return {
    ...rest,
    epoch,
    ...(plan.gaps.length === 0 ? {} : { gaps: plan.gaps }),
    repair: { aside: plan.aside, put: ready.names },
  }
}

async function rebuildSegment(
  { storage, source, directory }: RepairWork,
  ready: ReadyFiles,
  what: {
    readonly rebuild: RebuildPlan
    readonly owner: { readonly streamId: string; readonly epoch: number }
  },
): Promise<void> {
  const { rebuild, owner } = what
  const original = await source.open(`${directory}/${rebuild.place.nameNow}`)
  if (original === undefined) {
    const message = `"${rebuild.place.nameNow}" was removed while it was being repaired`
    throw new StorageError('IO_ERROR', message, { details: { path: rebuild.place.nameNow } })
  }
  try {
    for (const { file, ...range } of rebuild.evidence) {
      await copyToFile(storage, ready.path(file), { original, range })
    }
    for (const piece of rebuild.pieces) {
      const path = ready.path(segmentFileName(piece.baseOffset))
      const extent = await buildPiece(storage, { path, piece, owner }, original)
      if (!piece.isActive) await writeIndex(storage, ready, { piece, extent })
    }
  } finally {
    await original.close()
  }
}

async function writeIndex(
  storage: Storage,
  ready: ReadyFiles,
  sealed: {
    readonly piece: PiecePlan
    readonly extent: Parameters<typeof encodedIndex>[1]
  },
): Promise<void> {
  const { baseOffset } = sealed.piece
  const content = encodedIndex(baseOffset, sealed.extent)
  await storage.writeFile(ready.path(indexFileName(baseOffset)), content)
}

/** An epoch that no stream of the store has had. A crash wastes it. */
async function nextEpoch(storage: Storage, current: number): Promise<number> {
  const metadata = await openStoreMetadata(storage, () => randomBytes(16).toString('hex'))
  const lastEpoch = Math.max(metadata.lastEpoch, current) + 1
  await writeStoreMetadata(storage, { ...metadata, lastEpoch })
  return lastEpoch
}

/** The files that wait for their names; removed again unless they are kept. */
class ReadyFiles {
  readonly #work: RepairWork
  readonly #names: string[] = []
  #isKept = false

  constructor(work: RepairWork) {
    this.#work = work
  }

  /** The names that the files are to have. */
  get names(): readonly string[] {
    return this.#names
  }

  /** The path under which the file waits that is to have this name. */
  path(name: string): string {
    const { files, plan, directory } = this.#work
    const isFree = !files.names.has(name) || plan.aside.some(({ from }) => from === name)
    const isIndex = parseIndexFileName(name) !== undefined
    // A file that stays must never be replaced, whatever an inspection made of it.
    if (!isFree && !isIndex) throw new Error(`the repair would replace "${name}"`)
    this.#names.push(name)
    return `${directory}/${name}${READY_FILE_SUFFIX}`
  }

  /** From here on the metadata may speak of them. */
  keep(): void {
    this.#isKept = true
  }

  async discard(): Promise<void> {
    if (this.#isKept) return
    const { storage, directory } = this.#work
    for (const name of this.#names) {
      await storage.remove(`${directory}/${name}${READY_FILE_SUFFIX}`)
    }
  }
}
