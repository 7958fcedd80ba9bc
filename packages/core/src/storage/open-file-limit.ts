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
 */
export function withinOpenFileLimit(storage: Storage, makeRoom: () => boolean): Storage {
  const isWorthAnother = (error: unknown): boolean => hasTooManyOpenFiles(error) && makeRoom()
  const now = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      if (isWorthAnother(error)) return action()
      throw error
    }
  }
  const later = <T>(action: () => Promise<T>): Promise<T> =>
    action().catch((error: unknown) => {
      if (isWorthAnother(error)) return action()
      throw error
    })
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
