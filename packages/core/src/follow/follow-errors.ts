/** The errors of following a stream that another process writes, with their numbers. */
import { RequestError, StorageError } from '@tailrace/format'
import type { StreamMetadata } from '../log/stream-metadata.js'

/** EPOCH_MISMATCH: the stream was made anew, or took back records that readers may have seen. */
export function otherEpoch(known: StreamMetadata, actual: StreamMetadata): RequestError {
  const stream = known.name
  const what = known.streamId === actual.streamId ? 'lost records' : 'was made anew'
  const message =
    `stream "${stream}" ${what}: it is in epoch ${actual.epoch}, the reader knows ` +
    `epoch ${known.epoch}; open it again`
  const details = { stream, knownEpoch: known.epoch, actualEpoch: actual.epoch }
  return new RequestError('EPOCH_MISMATCH', message, { details })
}

/** STREAM_CORRUPT: what a stream's directory must have is not there. */
export function unopenable(stream: string, what: string): StorageError {
  const message = `stream "${stream}" cannot be read: ${what}`
  return new StorageError('STREAM_CORRUPT', message, { details: { stream } })
}

/** STORE_NOT_FOUND: the directory holds something else. */
export function noStore(directory: string): StorageError {
  const message = `"${directory}" is no data directory: it holds other things, and no store.meta`
  return new StorageError('STORE_NOT_FOUND', message, { details: { directory } })
}

/** True for the error of a file that is not there. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof StorageError && error.details['errno'] === 'ENOENT'
}
