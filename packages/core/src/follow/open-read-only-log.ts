/**
 * Opens one stream of a store that another process writes.
 *
 * Metadata and segments are several files, and the writer may change them in between. Whatever then does
 * not fit together is put down to that, as long as the metadata were replaced meanwhile.
 */
import { RequestError } from '@tailrace/format'
import type { Scheduler } from '../io/scheduler.js'
import { knownEnd } from '../log/known-end.js'
import { readProducerSnapshot } from '../producers/producer-snapshot.js'
import type { ActiveMappings } from '../segments/active-mappings.js'
import type { MappingCache } from '../segments/mapping-cache.js'
import type { ReadOnlyStorage } from '../storage/read-only-storage.js'
import { STREAMS_DIRECTORY } from '../store/stream-creation.js'
import { unopenable } from './follow-errors.js'
import { FollowedFiles } from './followed-files.js'
import { followedLoader } from './followed-loader.js'
import { FollowedMetadata } from './followed-metadata.js'
import { FollowedSegments } from './followed-segments.js'
import type { Polling } from './polling.js'
import { ReadOnlyLog } from './read-only-log.js'

/** What the streams of a store share. */
export interface FollowEnvironment {
  readonly storage: ReadOnlyStorage
  readonly scheduler: Scheduler
  readonly cache: MappingCache
  readonly activeMappings: ActiveMappings
  readonly polling: Polling
}

/** How often a stream that does not stand still is tried. */
const ATTEMPTS_MAX = 16

/**
 * Opens the stream. What is visible of its last segment is walked through, header by header.
 *
 * @throws {RequestError} STREAM_NOT_FOUND. @throws {StorageError} STREAM_CORRUPT, IO_ERROR.
 */
export function openReadOnlyLog(environment: FollowEnvironment, name: string): ReadOnlyLog {
  const directory = `${STREAMS_DIRECTORY}/${name}`
  for (let attempt = 1; ; attempt += 1) {
    const metadata = FollowedMetadata.open(environment.storage, directory)
    if (metadata === undefined) throw notFound(name)
    try {
      return openOnce(environment, directory, metadata)
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || metadata.refresh() === 'same') throw error
    }
  }
}

function openOnce(
  environment: FollowEnvironment,
  directory: string,
  metadata: FollowedMetadata,
): ReadOnlyLog {
  const { storage, cache, activeMappings, polling, scheduler } = environment
  const { content } = metadata
  if (content.repair !== undefined) {
    const what = 'a repair was interrupted; open the store for writing to complete it'
    throw unopenable(content.name, what)
  }
  // Before any file is listed: what is looked at later reaches as far, also beside a writer.
  const end = knownEnd(content, readProducerSnapshot(storage, directory))
  const files = new FollowedFiles(storage, { directory, streamId: content.streamId })
  return new ReadOnlyLog({
    metadata,
    polling,
    scheduler,
    openSegments: (onMissingFile) =>
      new FollowedSegments(
        { files, cache, activeMappings, metadata: content, knownEnd: end },
        (isContinued) => followedLoader(storage, directory, { onMissingFile, isContinued }),
      ),
  })
}

function notFound(name: string): RequestError {
  const message = `there is no stream "${name}"`
  return new RequestError('STREAM_NOT_FOUND', message, { details: { stream: name } })
}
