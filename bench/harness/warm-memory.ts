/**
 * Memory as a machine has it that has been running for a while.
 *
 * Where the host of a virtual machine backs pages on demand and takes idle ones back, the first touch of
 * free memory costs ten times the second, and a run measures the host. A machine that has read and written
 * files for a day has next to no free memory: it is page cache, which the kernel hands out again. So the
 * page cache is filled with a file that takes no room on the disk, a hole from end to end, and kept until
 * the bench ends.
 */
import { existsSync, readFileSync } from 'node:fs'
import { open, mkdtemp, rm } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { dataDirectory } from './disk-sync.js'

/** Left free, for the processes of the bench. */
const FREE_BYTES = 3 * 2 ** 30
const CHUNK = Buffer.alloc(2 ** 20)

/** Fills the page cache; undefined where that cannot be done. Dispose of it at the end. */
export async function warmMemory(): Promise<AsyncDisposable | undefined> {
  const bytes = availableBytes() - FREE_BYTES
  if (!(bytes > 0)) return undefined
  const directory = await mkdtemp(join(dataDirectory(), 'tailrace-bench-'))
  const file = await open(join(directory, 'hole'), 'w+')
  await file.truncate(bytes)
  for (let at = 0; at < bytes; at += CHUNK.length) await file.read(CHUNK, 0, CHUNK.length, at)
  return {
    async [Symbol.asyncDispose]() {
      await file.close()
      await rm(directory, { recursive: true })
    },
  }
}

/** What processes could take; where the kernel does not say, what is free. */
export function availableBytes(): number {
  if (!existsSync('/proc/meminfo')) return freemem()
  const text = readFileSync('/proc/meminfo', 'utf8')
  return Number(/^MemAvailable: +(\d+) kB$/m.exec(text)?.[1]) * 1024
}
