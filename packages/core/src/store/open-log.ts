/** Opens one stream of a store: files put in order, recovery, producers, then the log. Or one just made. */
import {
  indexFileName,
  SEGMENT_HEADER_BYTES,
  segmentFileName,
  StorageError,
} from '@tailrace/format'
import type { Clock } from '../io/clock.js'
import type { Scheduler } from '../io/scheduler.js'
import type { Slots } from '../io/slots.js'
import { agreedExtent, readCheckpoint } from '../log/checkpoint.js'
import type { Checkpoint } from '../log/checkpoint.js'
import { knownEnd } from '../log/known-end.js'
import { Log } from '../log/log.js'
import type { LogOptions } from '../log/log-options.js'
import type { RecordCollector } from '../log/record-collector.js'
import { recoverLog } from '../log/recovery.js'
import type { RecoveredLog } from '../log/recovery.js'
import { unsyncedBytesMaxOf } from '../log/recovery-limits.js'
import type { RecoveryLimits } from '../log/recovery-limits.js'
import { collectSegmentFiles } from '../log/segment-files.js'
import { FIRST_SEGMENT_BYTES } from '../log/segment-writer.js'
import { readStreamMetadata, writeStreamMetadata } from '../log/stream-metadata.js'
import type { StreamMetadata } from '../log/stream-metadata.js'
import { finishRepair } from '../repair/finish-repair.js'
import {
  forgottenProducers,
  readProducerSnapshot,
  recoverProducers,
  removedEnd,
} from '../producers/producer-snapshot.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import { ProducerTable } from '../producers/producer-table.js'
import { segmentLoader } from '../segments/segment-loader.js'
import { Segment } from '../segments/segment.js'
import type { SegmentLoader } from '../segments/segment.js'
import type { Storage } from '../storage/storage-port.js'
import { firstPoint, STREAMS_DIRECTORY } from './stream-creation.js'

/** What the streams of a store share. */
export interface LogEnvironment {
  readonly storage: Storage
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
  readonly syncSlots: Slots
  readonly collector: RecordCollector
  /** An epoch no stream of this store has had. */
  readonly nextEpoch: () => Promise<number>
  /** This run of the machine. */
  readonly bootId: string
  readonly limits: RecoveryLimits
  readonly onBackgroundError: (stream: string, error: unknown) => void
}

/** Opens the stream. @throws {StorageError} STREAM_CORRUPT when it has no readable metadata; IO_ERROR. */
export async function openLog(environment: LogEnvironment, name: string): Promise<Log> {
  const { storage, cache, activeMappings, limits } = environment
  const directory = directoryOf(name)
  const found = readStreamMetadata(storage, directory)
  // Whoever renamed or copied the directory has renamed the stream.
  const named = found === undefined ? undefined : { ...found, name }
  const stored = named === undefined ? undefined : await finishRepair(storage, directory, named)
  // What a process before this one renamed or removed may be in memory only; from here on it counts.
  if (stored !== undefined) await storage.syncDirectory(directory)
  const files = await collectSegmentFiles(storage, directory)
  if (stored === undefined || files.length === 0) throw unopenable(name, stored)
  const gaps = stored.gaps ?? []
  const { streamId } = stored
  const checkpoint = readCheckpoint(storage, directory, streamId)
  const loading = loadingOf(environment, { directory, streamId, checkpoint })
  const snapshot = readProducerSnapshot(storage, directory)
  const recovered = await recoverLog({
    storage,
    directory,
    streamId,
    files,
    gaps,
    knownEnd: knownEnd(stored, snapshot),
    checkpoint,
    unsyncedBytesMax: unsyncedBytesMaxOf(limits, stored.config),
    rebuilt: loading.rebuiltNames,
    loader: loading.loader,
    cache,
    activeMappings,
  })
  const afterRecovery = async () => {
    const isRelaxed = stored.config.durability === 'relaxed'
    const opened = { directory, stored }
    const producers = recoverProducers(snapshot, recovered.segments)
    const segmentsStart = recovered.segments[0]?.baseOffset ?? 0
    const forgotten = forgottenProducers(snapshot, removedEnd(stored.startOffset, segmentsStart))
    return {
      metadata: isRelaxed
        ? await enterRelaxed(environment, opened, recovered.hasLostBatches)
        : stored,
      producers,
      report: { ...recovered.report, ...(forgotten && { forgottenProducers: forgotten }) },
    }
  }
  try {
    const { metadata, producers, report } = await afterRecovery()
    return logOf(environment, {
      metadata,
      recovered: { ...recovered, report },
      producers,
      loading,
    })
  } catch (error) {
    for (const segment of recovered.segments) segment.close()
    throw error
  }
}

/** So many active segments of new streams are mapped at once: where there are few, no first use waits for it. */
const MAPPED_AT_ONCE_MAX = 8

/**
 * Opens a stream that this process has just made: what an opening would find is known, and durable. Reads and
 * writes nothing; but for the first few, the segment's file is opened by the first who uses it.
 *
 * @throws {StorageError} IO_ERROR, when the file cannot be opened or mapped: it can be tried again by `openLog`.
 */
export function openNewLog(environment: LogEnvironment, metadata: StreamMetadata): Log {
  const { cache, activeMappings } = environment
  const { name, streamId, startOffset: baseOffset } = metadata
  const loading = loadingOf(environment, {
    directory: directoryOf(name),
    streamId,
    checkpoint: undefined,
  })
  const { loader, rebuiltNames } = loading
  const fileName = segmentFileName(baseOffset)
  const sizeBytes = FIRST_SEGMENT_BYTES
  const place = { baseOffset, fileName, sizeBytes, loader, cache, activeMappings }
  const segment = Segment.created(place, firstPoint(metadata))
  if (activeMappings.count < MAPPED_AT_ONCE_MAX) mapAtOnce(segment)
  const recovered: RecoveredLog = {
    segments: [segment],
    uncut: [],
    hasLostBatches: false,
    checkpointPosition: SEGMENT_HEADER_BYTES,
    report: { scannedBytes: 0, rebuilt: rebuiltNames },
  }
  return logOf(environment, { metadata, recovered, producers: new ProducerTable(), loading })
}

/** @throws {StorageError} IO_ERROR; nothing stays open then. */
function mapAtOnce(segment: Segment): void {
  try {
    segment.contents()
  } catch (error) {
    segment.close()
    throw error
  }
}

/** How the segments of a stream are opened, and what that finds of no use. */
interface Loading {
  readonly loader: SegmentLoader
  readonly rebuilt: Set<Segment>
  /** For the report. */
  readonly rebuiltNames: string[]
}

function loadingOf(
  { storage }: LogEnvironment,
  stream: {
    readonly directory: string
    readonly streamId: string
    readonly checkpoint: Checkpoint | undefined
  },
): Loading {
  const { directory, streamId, checkpoint } = stream
  const rebuilt = new Set<Segment>()
  const rebuiltNames: string[] = []
  const loader = segmentLoader(storage, directory, {
    streamId,
    extentBelow: (segment, contents) => agreedExtent(checkpoint, segment.baseOffset, contents),
    onUnusable: (segment) => {
      if (!rebuilt.has(segment)) rebuiltNames.push(indexFileName(segment.baseOffset))
      rebuilt.add(segment)
    },
  })
  return { loader, rebuilt, rebuiltNames }
}

function logOf(
  environment: LogEnvironment,
  found: Pick<LogOptions, 'metadata' | 'recovered' | 'producers'> & { readonly loading: Loading },
): Log {
  const { storage, cache, activeMappings, syncSlots, collector, clock, scheduler, limits } =
    environment
  const { metadata, recovered, producers, loading } = found
  return new Log({
    storage,
    directory: directoryOf(metadata.name),
    metadata,
    recovered,
    producers,
    rebuilt: loading.rebuilt,
    limits,
    loader: loading.loader,
    cache,
    activeMappings,
    syncSlots,
    collector,
    clock,
    scheduler,
    onBackgroundError: (error) => {
      environment.onBackgroundError(metadata.name, error)
    },
  })
}

function directoryOf(name: string): string {
  return `${STREAMS_DIRECTORY}/${name}`
}

/**
 * Notes that a relaxed stream is open in this run of the machine. If the note of another run is still
 * there, or batches were found to be lost, readers may have seen records that are gone: the stream gets
 * a new epoch, so that whoever knew the old one is told.
 */
async function enterRelaxed(
  environment: LogEnvironment,
  { directory, stored }: { readonly directory: string; readonly stored: StreamMetadata },
  hasLostBatches: boolean,
): Promise<StreamMetadata> {
  const { storage, bootId, nextEpoch } = environment
  const { openSinceBoot } = stored
  if (openSinceBoot === bootId && !hasLostBatches) return stored
  const isCutOff = openSinceBoot !== undefined && openSinceBoot !== bootId
  const epoch = isCutOff || hasLostBatches ? await nextEpoch() : stored.epoch
  const metadata = { ...stored, epoch, openSinceBoot: bootId }
  await writeStreamMetadata(storage, directory, metadata)
  return metadata
}

function unopenable(name: string, metadata: StreamMetadata | undefined): StorageError {
  const missing = metadata === undefined ? 'stream.meta' : 'any segment file'
  const message = `stream "${name}" cannot be opened: ${missing} is missing; restore it from a copy`
  return new StorageError('STREAM_CORRUPT', message, { details: { stream: name } })
}
