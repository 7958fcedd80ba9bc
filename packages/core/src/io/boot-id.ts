/** Tells one run of the machine from the next. The only place of core that asks. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

const LINUX_BOOT_ID = '/proc/sys/kernel/random/boot_id'

/**
 * An identity of this run of the machine: while it stays the same, the page cache was not lost.
 *
 * Where the kernel has none, a random one: every unclean stop then counts as a loss of power, which
 * changes the epoch of `relaxed` streams more often than need be, and never too seldom.
 */
export function currentBootId(): string {
  try {
    return readFileSync(LINUX_BOOT_ID, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error) return randomUUID()
    throw error
  }
}
