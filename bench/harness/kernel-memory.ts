/** What the kernel says of memory. Linux; elsewhere only what Node knows. */
import { existsSync, readFileSync } from 'node:fs'
import { freemem } from 'node:os'

const MEMINFO = '/proc/meminfo'
const ZONEINFO = '/proc/zoneinfo'
const PAGE_BYTES = 4096

/** Nobody's: not even page cache. Undefined where the kernel does not say. */
export function freeBytes(): number | undefined {
  return existsSync(MEMINFO) ? meminfo('MemFree') : undefined
}

/** What processes could take; where the kernel does not say, what is free. */
export function availableBytes(): number {
  return existsSync(MEMINFO) ? meminfo('MemAvailable') : freemem()
}

/** Free memory up to which the kernel takes page cache back by itself; 0 where it does not say. */
export function reclaimedUpToBytes(): number {
  if (!existsSync(ZONEINFO)) return 0
  let pages = 0
  for (const [, high] of readFileSync(ZONEINFO, 'utf8').matchAll(/^ +high +(\d+)$/gm)) {
    pages += Number(high)
  }
  return pages * PAGE_BYTES
}

function meminfo(field: string): number {
  const text = readFileSync(MEMINFO, 'utf8')
  return Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024
}
