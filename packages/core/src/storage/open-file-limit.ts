/**
 * A storage that finds room where the process, or the machine, may open no more files.
 *
 * Exists apart from the storages because what can be closed is known to those who opened it: quiet segments,
 * that are opened again by their next use. Only opening fails for want of a descriptor, before anything was
 * written or synced, so that trying once more repeats nothing; a sync that fails is never tried again here.
 */
import { hasTooManyOpenFiles } from './storage-error.js'
import type { Storage } from './storage-port.js'

/**
 * The storage, which calls `makeRoom` when a file cannot be opened because too many are, and tries once more if
 * that returns true: something was closed. Otherwise the error is thrown.
 *
 * Operations that fail at the same time make room once: each of them would take a part of what is left, until
 * there is none for the last of them, and far more room than they need.
 */
export function withinOpenFileLimit(storage: Storage, makeRoom: () => boolean): Storage {
  /** How often room was made. */
  let roomCount = 0
  const hasMadeRoom = (): boolean => {
    const isMade = makeRoom()
    if (isMade) roomCount += 1
    return isMade
  }
  const now = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      if (hasTooManyOpenFiles(error) && hasMadeRoom()) return action()
      throw error
    }
  }
  const later = async <T>(action: () => Promise<T>): Promise<T> => {
    for (let isLast = false; ;) {
      const before = roomCount
      try {
        return await action()
      } catch (error) {
        if (!hasTooManyOpenFiles(error)) throw error
        // Somebody else has made it since this began.
        if (roomCount !== before) continue
        if (isLast || !hasMadeRoom()) throw error
        isLast = true
      }
    }
  }
  return {
    list: (directory) => later(() => storage.list(directory)),
    createDirectory: (directory) => later(() => storage.createDirectory(directory)),
    syncDirectory: (directory) => later(() => storage.syncDirectory(directory)),
    rename: (from, to) => later(() => storage.rename(from, to)),
    remove: (path) => later(() => storage.remove(path)),
    removeTree: (directory) => later(() => storage.removeTree(directory)),
    readFile: (path) => now(() => storage.readFile(path)),
    writeFile: (path, content) => later(() => storage.writeFile(path, content)),
    create: (...file) => later(() => storage.create(...file)),
    open: (path, mode) => now(() => storage.open(path, mode)),
    ...(storage.warmUp !== undefined && {
      warmUp: (path: string) => later(async () => storage.warmUp?.(path)),
    }),
    resize: (path, sizeBytes) => later(() => storage.resize(path, sizeBytes)),
  }
}
