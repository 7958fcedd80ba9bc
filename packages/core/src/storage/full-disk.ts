/**
 * Writing on a disk that has no block left.
 *
 * Trimming and retention free space, so they have to work on a full disk above all; yet both write something
 * down first. Index files are derived: they make room for what is not.
 */
import { parseIndexFileName, StorageError } from '@tailrace/format'
import type { Storage } from './storage-port.js'

/**
 * Runs `write`, again as often as it fails for want of space and an index file of the stream can be given up
 * for it. The oldest goes first: its segment is the next to be removed, and is read most seldom.
 *
 * @throws what `write` throws; {StorageError} NO_SPACE when no index file is left.
 */
export async function writeInPlaceOfIndexes(
  storage: Storage,
  directory: string,
  write: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'NO_SPACE') throw error
      if (!(await removeOldestIndex(storage, directory))) throw error
    }
  }
}

async function removeOldestIndex(storage: Storage, directory: string): Promise<boolean> {
  const files = await storage.list(directory)
  const names = files.map(({ name }) => name)
  const [oldest] = names.filter((name) => parseIndexFileName(name) !== undefined).sort()
  if (oldest === undefined) return false
  await storage.remove(`${directory}/${oldest}`)
  return true
}
