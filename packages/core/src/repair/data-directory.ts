/** Tells a data directory from any other. */
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
  const entries = await source.list('')
  const isStore = entries?.some(({ name }) => name === 'store.meta' || name === STREAMS_DIRECTORY)
  if (entries === undefined || isStore !== true) throw noStore(root)
  return entries
}
