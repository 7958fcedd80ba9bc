/**
 * Writing, syncing and removing files as a whole, with as few calls as there can be.
 *
 * Each asynchronous call of Node's costs 50 to 100 µs of two threads, a `FileHandle` as much again: for ten
 * thousand streams that is most of what making them costs. What cannot wait for the disk, closing a file of
 * which nothing is left to write, is done at once.
 */
import * as callbacks from 'node:fs'
import { closeSync, constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errnoCode } from './storage-error.js'

const open = promisify(callbacks.open)
const write = promisify(callbacks.write)
const fsync = promisify(callbacks.fsync)
const lstat = promisify(callbacks.lstat)
const readdir = promisify(callbacks.readdir)
const rmdir = promisify(callbacks.rmdir)
const unlink = promisify(callbacks.unlink)

const CREATE_FLAGS = constants.O_RDWR | constants.O_CREAT
const FILE_MODE = 0o644

/**
 * Takes a file's name away, so that the next file of the name is another one: cut in place it would be
 * gone under the mappings of whoever still reads it, and a touch of them would end the process.
 */
export async function makeWay(absolute: string): Promise<void> {
  const found = await lstat(absolute).catch(undefinedIfMissing)
  if (found?.isFile() === true) await rm(absolute, { force: true })
}

/** Writes a file, in the place of what was there but not over it, and syncs it. */
export async function writeWhole(absolute: string, content: Uint8Array): Promise<void> {
  const descriptor = await openNew(absolute)
  try {
    let position = 0
    // A short write is not an error; the next one meets the cause.
    while (position < content.length) {
      const length = content.length - position
      const { bytesWritten } = await write(descriptor, content, position, length, position)
      position += bytesWritten
    }
    await fsync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** As a rule there is nothing of the name, and so nothing to look for before. */
async function openNew(absolute: string): Promise<number> {
  try {
    return await open(absolute, CREATE_FLAGS | constants.O_EXCL, FILE_MODE)
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error
  }
  await makeWay(absolute)
  return open(absolute, CREATE_FLAGS | constants.O_TRUNC, FILE_MODE)
}

/** Syncs what a path names, a directory as a rule. */
export async function syncPath(absolute: string): Promise<void> {
  const descriptor = await open(absolute, constants.O_RDONLY)
  try {
    await fsync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Removes a directory with everything in it, most quickly one of files only; of a link the link. Nothing
 * happens where nothing is.
 */
export async function removeWhole(absolute: string): Promise<void> {
  const found = await lstat(absolute).catch(undefinedIfMissing)
  if (found === undefined) return
  try {
    if (found.isDirectory()) await removeFilesAndDirectory(absolute)
    else await unlink(absolute)
  } catch {
    // Directories in it, or somebody else who removes it, too. Any other error is met again.
    await rm(absolute, { force: true, recursive: true })
  }
}

async function removeFilesAndDirectory(absolute: string): Promise<void> {
  const names = await readdir(absolute)
  const removed = await Promise.allSettled(names.map((name) => unlink(join(absolute, name))))
  for (const outcome of removed) if (outcome.status === 'rejected') throw outcome.reason
  await rmdir(absolute)
}

function undefinedIfMissing(error: unknown): undefined {
  if (errnoCode(error) === 'ENOENT') return undefined
  throw error
}
