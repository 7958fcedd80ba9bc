/** Tells a data directory from any other. */
import { StorageError } from '@tailrace/format'
import { noStore } from '../follow/follow-errors.js'
import { STREAMS_DIRECTORY } from '../store/stream-creation.js'
import type { StorageEntry } from '../storage/storage-port.js'
import type { FileSource } from './file-source.js'

/**
 * What lies in the data directory.
 *
 * @throws {StorageError} STORE_NOT_FOUND when it does not exist or holds other things.
 */
export async function requireDataDirectory(
  source: FileSource,
  root: string,
): Promise<readonly StorageEntry[]> {
  const entries = await listed(source)
  const isStore = entries?.some(({ name }) => name === 'store.meta' || name === STREAMS_DIRECTORY)
  if (entries === undefined) throw noDirectory(root)
  if (isStore !== true) throw noStore(root)
  return entries
}

async function listed(source: FileSource): Promise<readonly StorageEntry[] | undefined> {
  try {
    return await source.list('')
  } catch (error) {
    if (error instanceof StorageError && error.details['errno'] === 'ENOTDIR') return undefined
    throw error
  }
}

function noDirectory(root: string): StorageError {
  const message = `there is no directory "${root}"; it must be a data directory`
  return new StorageError('STORE_NOT_FOUND', message, { details: { directory: root } })
}
