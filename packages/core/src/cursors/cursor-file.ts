/** The cursors of a stream on disk: one checked file, replaced whole. */
import { requireCheckedFile, writeCheckedFile } from '../storage/checked-file.js'
import type { Storage } from '../storage/storage-port.js'
import type { Cursor } from './cursor.js'

const FILE_NAME = 'cursors'
const KIND = 'cursors'

/** What the file holds. */
export interface CursorFileContent {
  readonly cursors: readonly Cursor[]
  /** The highest generation ever given in this stream: a name that comes back goes on counting. */
  readonly lastGeneration: number
}

/** Reads it; empty when there is none. @throws {StorageError} STREAM_CORRUPT when it is damaged. */
export function readCursorFile(storage: Storage, directory: string): CursorFileContent {
  const content = requireCheckedFile(storage, { directory, name: FILE_NAME, kind: KIND })
  // The checksum vouches that this program wrote the fields.
  return content === undefined ? { cursors: [], lastGeneration: 0 } : (content as CursorFileContent)
}

/** Replaces it atomically; durable when it resolves. */
export async function writeCursorFile(
  storage: Storage,
  directory: string,
  content: CursorFileContent,
): Promise<void> {
  await writeCheckedFile(storage, { directory, name: FILE_NAME, kind: KIND }, content)
}
