/**
 * Real filesystems of a few MiB that a test fills to the last block. To mount one takes the rights of root;
 * where they are missing the tests that need one are left out, and the output says so.
 */

import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What the tests run on. */
export type FilesystemKind = 'tmpfs' | 'ext4'

const SIZE_MIB = 24
/** Taken from the beginning, so that there is something to free when streams have filled the rest. */
const FIRST_BALLAST_MIB = 16
/** Sizes in which a ballast is written: many large ones, then what is left between them. */
const BALLAST_STEPS = [1024 * 1024, 64 * 1024, 4096, 512]

/** A mounted filesystem; unmounted at the end of the scope. */
export interface SmallFilesystem extends Disposable {
  /** A directory on it. */
  readonly path: string
  /** Writes a ballast file until not one block is left. Again after something was freed. */
  fill(): void
  /** Removes the ballast. */
  free(): void
}

/** Mounts one, empty. @throws {Error} when that is not allowed here. */
export function mountSmall(kind: FilesystemKind): SmallFilesystem {
  const home = mkdtempSync(path.join(tmpdir(), `tailrace-${kind}-`))
  const mountPoint = path.join(home, 'mount')
  mkdirSync(mountPoint)
  try {
    mount(kind, home, mountPoint)
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
  let ballastCount = 1
  writeBallast(path.join(mountPoint, 'ballast-1'), FIRST_BALLAST_MIB * 1024 * 1024)
  return {
    path: mountPoint,
    fill() {
      ballastCount += 1
      writeBallast(path.join(mountPoint, `ballast-${String(ballastCount)}`))
    },
    free() {
      for (; ballastCount > 0; ballastCount -= 1)
        rmSync(path.join(mountPoint, `ballast-${String(ballastCount)}`))
    },
    [Symbol.dispose]() {
      run('umount', mountPoint)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/**
 * The kinds that can be mounted here. What cannot is named on stderr, with the reason, as loudly as a
 * passing run can: nobody shall believe that a full disk was tried where it was not.
 */
export function mountableFilesystems(): readonly FilesystemKind[] {
  return (['tmpfs', 'ext4'] as const).filter((kind) => {
    try {
      mountSmall(kind)[Symbol.dispose]()
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim().replaceAll('\n', ' ') : ''
      process.stderr.write(
        `\n!!! NOT RUN: the tests of a full ${kind} disk. A small filesystem could not be mounted ` +
          `(uid ${String(process.getuid?.())}${process.env['CI'] === undefined ? '' : ', in CI'}): ${reason}\n` +
          '!!! Run them as root, in a container with the capability SYS_ADMIN.\n\n',
      )
      return false
    }
  })
}

function mount(kind: FilesystemKind, home: string, mountPoint: string): void {
  if (kind === 'tmpfs') {
    run('mount', '-t', 'tmpfs', '-o', `size=${String(SIZE_MIB)}m`, 'tmpfs', mountPoint)
    return
  }
  const image = path.join(home, 'image')
  closeSync(openSync(image, 'w'))
  truncateSync(image, SIZE_MIB * 1024 * 1024)
  // No blocks that only root may have: the tests are root.
  run('mkfs.ext4', '-q', '-m', '0', image)
  run('mount', '-o', 'loop', image, mountPoint)
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}

/** Synced, so that blocks which were only promised to it are taken, too. */
function writeBallast(file: string, sizeBytes = Infinity): void {
  const descriptor = openSync(file, 'w')
  let written = 0
  try {
    for (const size of BALLAST_STEPS)
      while (written + size <= sizeBytes && hasWritten(descriptor, size)) written += size
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function hasWritten(descriptor: number, size: number): boolean {
  try {
    writeSync(descriptor, new Uint8Array(size).fill(1))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
