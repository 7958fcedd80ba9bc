/**
 * One writer per data directory: a lock that dies with its process.
 *
 * A kernel lock on an open file, so that there is no stale lock to judge and no race in taking it over.
 * Node has no call for one; on Linux the `flock` command (util-linux, busybox) locks the descriptor it
 * inherits, and a lock belongs to the open file, not to the command. There the directory itself is
 * locked: a file in it may be deleted by whoever takes it for a leftover, and the next process would lock
 * another one of the same name. On macOS and the BSDs `open` takes the lock of a file itself.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StorageError } from '@tailrace/format'
import { errnoCode, storageErrorOf } from '../storage/storage-error.js'

/** `O_EXLOCK` of macOS and the BSDs, which Node passes on but does not name. */
const O_EXLOCK = 0x20
const LOCK_FILE_NAME = 'lock'
/** Exit status of `flock` when somebody else holds the lock. */
const FLOCK_CONFLICT = 1

/** A lock that is held. */
export interface StoreLock {
  /** Lets go of it. Idempotent. */
  release(): void
}

/**
 * Takes the lock of a data directory, at once or not at all.
 *
 * @throws {StorageError} STORE_LOCKED naming the holder's process id; STORE_NOT_WRITABLE; IO_ERROR.
 */
export function lockStore(directory: string): StoreLock {
  const path = join(directory, LOCK_FILE_NAME)
  const descriptors = process.platform === 'linux' ? lockByCommand(path) : [lockByOpen(path)]
  try {
    noteHolder(descriptors.at(-1) ?? 0)
  } catch (error) {
    for (const descriptor of descriptors) closeSync(descriptor)
    throw error
  }
  return {
    release() {
      for (const descriptor of descriptors.splice(0)) closeSync(descriptor)
    },
  }
}

/** For the message to others only: a disk that is too full for it is no reason not to open. */
function noteHolder(descriptor: number): void {
  const note = `${process.pid}\n`
  try {
    // Over what is there: cut first, its block might be somebody else's by the time of the write.
    ftruncateSync(descriptor, writeSync(descriptor, note, 0))
  } catch (error) {
    const failed = storageErrorOf(error, 'locking', LOCK_FILE_NAME)
    if (failed.code !== 'NO_SPACE') throw failed
  }
}

/** The directory, locked, and the file that names the holder. */
function lockByCommand(path: string): number[] {
  const directory = openDirectory(dirname(path))
  const { status, error } = spawnSync('flock', ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', directory],
  })
  if (status === 0) {
    try {
      return [directory, open(path, 0)]
    } catch (failed) {
      closeSync(directory)
      throw failed
    }
  }
  closeSync(directory)
  if (status === FLOCK_CONFLICT) throw locked(path)
  const cause = error ?? new Error(`flock ended with status ${String(status)}`)
  const message = `cannot lock "${dirname(path)}": the command "flock" (package util-linux) is needed`
  throw new StorageError('IO_ERROR', message, { cause, details: { path } })
}

function openDirectory(directory: string): number {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    throw storageErrorOf(error, 'locking', directory)
  }
}

function lockByOpen(path: string): number {
  try {
    return openSync(path, LOCK_FILE_FLAGS | O_EXLOCK | constants.O_NONBLOCK, 0o644)
  } catch (error) {
    if (errnoCode(error) === 'EAGAIN') throw locked(path)
    throw storageErrorOf(error, 'locking', path)
  }
}

const LOCK_FILE_FLAGS = constants.O_RDWR | constants.O_CREAT

function open(path: string, flags: number): number {
  try {
    return openSync(path, LOCK_FILE_FLAGS | flags, 0o644)
  } catch (error) {
    throw storageErrorOf(error, 'locking', path)
  }
}

function locked(path: string): StorageError {
  const holder = holderOf(path)
  const message =
    `the data directory is in use by ${holder === undefined ? 'another process' : `process ${holder}`} ` +
    `(lock "${path}"); stop that process, or use another directory`
  return new StorageError('STORE_LOCKED', message, { details: { path, processId: holder } })
}

function holderOf(path: string): number | undefined {
  try {
    const holder = Number.parseInt(readFileSync(path, 'utf8'), 10)
    return Number.isNaN(holder) ? undefined : holder
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined
    throw storageErrorOf(error, 'locking', path)
  }
}
