/**
 * What a process holds, as the kernel counts it. Linux.
 *
 * *Private* is `Private_Clean` + `Private_Dirty` of `smaps_rollup`: every resident page that no other
 * process has mapped. That is the process's own memory (*anonymous*: heap, buffers, stacks), and also
 * pages of the page cache that it alone has mapped and touched: its segments, and libraries that nobody
 * else uses. The latter the kernel takes back when it needs them, without asking; they are in `private`
 * all the same.
 */
import { readFileSync, readdirSync } from 'node:fs'

/** Memory in MiB, and counts. */
export interface Footprint {
  readonly privateMiB: number
  /** Of the private memory, what belongs to no file. */
  readonly anonymousMiB: number
  readonly descriptors: number
  readonly mappings: number
}

/** Reads it all. Walks the page tables: milliseconds for a process with GiB mapped. */
export function footprintOf(pid: number): Footprint {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mebibytes = (field: string): number =>
    Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(rollup)?.[1]) / 1024
  return {
    privateMiB: mebibytes('Private_Clean') + mebibytes('Private_Dirty'),
    anonymousMiB: mebibytes('Anonymous'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    mappings: readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').length - 1,
  }
}

/** Anonymous memory in MiB, from a counter: cheap enough to ask every few milliseconds. */
export function anonymousMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
