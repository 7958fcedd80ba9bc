/** The kernel's page cache and what goes past it. Linux. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** Writes everything back and empties the page cache; false where that is not allowed. */
export function dropPageCache(): boolean {
  try {
    execFileSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '1')
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
