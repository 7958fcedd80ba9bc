/** The kernel's page cache and what goes past it. Linux. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes the files of a directory back and takes them out of the page cache, what a process has mapped
 * excepted; false where that cannot be done. Everything else stays: a page cache that is emptied as a
 * whole is free memory, which is cold in another sense, see warm-memory.ts.
 *
 * Node has no `posix_fadvise`, GNU's `dd` has: so it advises when it copies nothing of a file.
 */
export function evictFromPageCache(directory: string): boolean {
  try {
    execFileSync('sync')
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'])
    }
    return true
  } catch {
    return false
  }
}

/** Bytes that this process has had read from disks, read-ahead included; undefined where unknown. */
export function bytesReadFromDisk(): number | undefined {
  try {
    return Number(/^read_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
