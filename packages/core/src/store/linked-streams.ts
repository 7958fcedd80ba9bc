/**
 * Streams whose directory is a symbolic link: seen, and refused.
 *
 * The lock of a data directory covers what lies in it. What a link leads to may lie in another one, with a
 * writer of its own, and two writers destroy a stream. Nor would what a link leads to be there while its disk
 * is not mounted, and a stream that is made anew in its place has lost everything without a word.
 */
import { StorageError, STREAM_NAME_PATTERN } from '@tailrace/format'
import type { StorageEntry } from '../storage/storage-port.js'
import { STREAMS_DIRECTORY } from './stream-creation.js'

/** True for what bears the name of a stream in the directory of streams: a directory, or a link. */
export function isStreamEntry({ name, isDirectory, isLink }: StorageEntry): boolean {
  return (isDirectory || isLink === true) && STREAM_NAME_PATTERN.test(name)
}

/** Why it is refused, and what to do. */
export function linkProblem(stream: string): string {
  return (
    `"${STREAMS_DIRECTORY}/${stream}" is a symbolic link, which the lock of the data directory does not ` +
    'cover; put the directory itself there, or link the whole data directory'
  )
}

/** STREAM_CORRUPT for a stream that is a link. */
export function linkedStream(stream: string): StorageError {
  const message = `stream "${stream}" cannot be opened: ${linkProblem(stream)}`
  return new StorageError('STREAM_CORRUPT', message, { details: { stream } })
}
