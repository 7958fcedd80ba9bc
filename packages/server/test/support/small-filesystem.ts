/**
 * Real filesystems of a few MiB that a test fills to the last block.
 *
 * Each is mounted in a mount namespace of its own, by a process that does nothing but hold it, and is reached
 * through that process's root directory in /proc. So nothing has to be unmounted, whatever becomes of the
 * tests: the filesystem goes with its holder, and the holder with the pipe to it. A namespace takes the
 * rights of root, or a namespace of users in which anybody has them; in the latter only tmpfs can be mounted.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
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

/** Arguments of `unshare`, in the order in which they are tried. */
const WAYS: Readonly<Record<FilesystemKind, readonly (readonly string[])[]>> = {
  tmpfs: [['--mount'], ['--mount', '--map-root-user']],
  // Loop devices belong to the machine: a namespace of users has none.
  ext4: [['--mount']],
}

/** `$1` is the size in MiB, `$2` where to mount, `$3` the image. Programs of root may not be in the path. */
const MOUNT: Readonly<Record<FilesystemKind, string>> = {
  tmpfs: 'mount -t tmpfs -o "size=$1m" tmpfs "$2"',
  // No blocks that only root may have: the tests are root.
  ext4: 'mkfs.ext4 -q -m 0 "$3" && mount -o loop "$3" "$2"',
}
const HOLD = 'echo mounted; exec cat'

/** A mounted filesystem; gone at the end of the scope. */
export interface SmallFilesystem extends AsyncDisposable {
  /** A directory on it. */
  readonly path: string
  /** Writes a ballast file until not one block is left. Again after something was freed. */
  fill(): void
  /** Removes the ballast. */
  free(): void
}

/** Mounts one, empty. @throws {Error} when that is not possible here; says why, for each way. */
export async function mountSmall(kind: FilesystemKind): Promise<SmallFilesystem> {
  const home = mkdtempSync(path.join(tmpdir(), `tailrace-${kind}-`))
  const mountPoint = path.join(home, 'mount')
  const image = path.join(home, 'image')
  mkdirSync(mountPoint)
  closeSync(openSync(image, 'w'))
  truncateSync(image, SIZE_MIB * 1024 * 1024)
  const reasons: string[] = []
  for (const way of WAYS[kind]) {
    const holder = await hold([...way, 'sh', '-c', script(kind), 'sh', mountPoint, image])
    if (typeof holder !== 'string') return new MountedFilesystem(holder, home, mountPoint)
    reasons.push(`unshare ${way.join(' ')}: ${holder}`)
  }
  rmSync(home, { recursive: true, force: true })
  throw new Error(reasons.join('; '))
}

/** A kind, and why it cannot be tried here; undefined when it can. */
export interface FoundFilesystem {
  readonly kind: FilesystemKind
  readonly missing: string | undefined
}

/**
 * Tries each kind. What cannot be mounted is named on stderr, with the reason, as loudly as a passing run
 * can: nobody shall believe that a full disk was tried where it was not.
 */
export async function findFilesystems(): Promise<readonly FoundFilesystem[]> {
  const found: FoundFilesystem[] = []
  for (const kind of ['tmpfs', 'ext4'] as const) found.push(await findFilesystem(kind))
  return found
}

async function findFilesystem(kind: FilesystemKind): Promise<FoundFilesystem> {
  try {
    await (await mountSmall(kind))[Symbol.asyncDispose]()
    return { kind, missing: undefined }
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error)
    process.stderr.write(
      `\n!!! NOT RUN: the tests of a full ${kind} disk. A small filesystem could not be mounted ` +
        `(uid ${String(process.getuid?.())}${process.env['CI'] === undefined ? '' : ', in CI'}): ${missing}\n` +
        '!!! Run them as root with the capability SYS_ADMIN; for tmpfs a namespace of users is enough.\n\n',
    )
    return { kind, missing }
  }
}

function script(kind: FilesystemKind): string {
  return `PATH="$PATH:/usr/sbin:/sbin"; set -- ${String(SIZE_MIB)} "$@"; ${MOUNT[kind]} && { ${HOLD}; }`
}

/** Starts a holder; resolves once it has mounted, or with what it said when it could not. */
async function hold(args: readonly string[]): Promise<ChildProcess | string> {
  const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString()
  })
  const mounted = once(child.stdout, 'data').then(() => child)
  const ended = once(child, 'close').then(
    ([code]) => said.trim() || `it ended with ${String(code)}`,
  )
  const outcome = await Promise.race([mounted, ended]).catch((error: unknown) => String(error))
  // Whichever of the two is still to come is nobody's business any more.
  for (const other of [mounted, ended]) other.catch(() => undefined)
  return typeof outcome === 'string' ? outcome.replaceAll('\n', ' ') : outcome
}

class MountedFilesystem implements SmallFilesystem {
  readonly path: string
  readonly #holder: ChildProcess
  readonly #home: string
  #ballastCount = 1

  constructor(holder: ChildProcess, home: string, mountPoint: string) {
    this.#holder = holder
    this.#home = home
    this.path = `/proc/${String(holder.pid)}/root${mountPoint}`
    writeBallast(this.#ballast(1), FIRST_BALLAST_MIB * 1024 * 1024)
  }

  fill(): void {
    this.#ballastCount += 1
    writeBallast(this.#ballast(this.#ballastCount))
  }

  free(): void {
    for (; this.#ballastCount > 0; this.#ballastCount -= 1)
      rmSync(this.#ballast(this.#ballastCount))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, 'close')
    this.#holder.stdin?.end()
    await ended
    rmSync(this.#home, { recursive: true, force: true })
  }

  #ballast(number: number): string {
    return path.join(this.path, `ballast-${String(number)}`)
  }
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
