/**
 * Carries out what is left of a repair: the renames that `stream.meta` lists.
 *
 * Runs at the end of a repair, and before anything else when a stream is opened whose repair was
 * interrupted. Every step may be interrupted and is then found done or not done: an original is moved
 * aside only while the file that replaces it still waits, and the moves are on disk before any file
 * takes the place of another (docs/adr/0013).
 */
import { indexFileName, parseSegmentFileName } from '@tailrace/format'
import { writeStreamMetadata } from '../log/stream-metadata.js'
import type { PendingRepair, StreamMetadata } from '../log/stream-metadata.js'
import type { Storage } from '../storage/storage-port.js'
import { READY_FILE_SUFFIX } from './repair-files.js'

/**
 * Completes a listed repair; returns the metadata without the list, durable when it resolves. Does
 * nothing when there is none.
 *
 * @throws {StorageError} IO_ERROR, NO_SPACE; calling it again goes on.
 */
export async function finishRepair(
  storage: Storage,
  directory: string,
  metadata: StreamMetadata,
): Promise<StreamMetadata> {
  const { repair, ...repaired } = metadata
  if (repair === undefined) return metadata
  await moveAside(storage, directory, repair)
  await storage.syncDirectory(directory)
  const names = await namesIn(storage, directory)
  for (const name of repair.put) {
    const ready = name + READY_FILE_SUFFIX
    if (names.has(ready)) await storage.rename(`${directory}/${ready}`, `${directory}/${name}`)
  }
  await storage.syncDirectory(directory)
  await writeStreamMetadata(storage, directory, repaired)
  return repaired
}

/** An original that nothing replaces is always the original; another one while its replacement waits. */
async function moveAside(
  storage: Storage,
  directory: string,
  repair: PendingRepair,
): Promise<void> {
  const names = await namesIn(storage, directory)
  for (const { from, to } of repair.aside) {
    const isOriginal = !repair.put.includes(from) || names.has(from + READY_FILE_SUFFIX)
    if (!isOriginal) continue
    const baseOffset = parseSegmentFileName(from)
    // Of the original: it says nothing of what takes the name.
    if (baseOffset !== undefined) await storage.remove(`${directory}/${indexFileName(baseOffset)}`)
    if (names.has(from)) await storage.rename(`${directory}/${from}`, `${directory}/${to}`)
  }
}

async function namesIn(storage: Storage, directory: string): Promise<ReadonlySet<string>> {
  const entries = await storage.list(directory)
  return new Set(entries.map(({ name }) => name))
}
