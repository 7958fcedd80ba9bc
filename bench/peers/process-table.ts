/** Processes as the kernel lists them. Linux. */
import { readFileSync, readdirSync } from 'node:fs'

/** `USER_HZ`, in which the kernel reports processor time to processes: 100 on every platform of Node's. */
const TICKS_PER_SECOND = 100

interface Entry {
  readonly state: string
  readonly parent: number
  readonly threadCount: number
  /** Processor seconds of its own and of children that it has waited for. */
  readonly cpuSeconds: number
}

/** Children of a process, and theirs, as far as they run now. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? entryOf(Number(name)) : undefined
    if (entry !== undefined) parents.set(Number(name), entry.parent)
  }
  const found: number[] = []
  for (let level = [pid]; level.length > 0;) {
    level = [...parents].filter(([, parent]) => level.includes(parent)).map(([child]) => child)
    found.push(...level)
  }
  return found
}

/**
 * False for a process that has ended, also while nobody has asked for its result.
 *
 * One that is killed counts as ended (`Z`) when its first thread is; the others may hold its sockets a
 * moment longer.
 */
export function isAlive(pid: number): boolean {
  const entry = entryOf(pid)
  if (entry === undefined || entry.state === 'X') return false
  return entry.state !== 'Z' || entry.threadCount > 1
}

/** Processor seconds so far of these processes, all they started that runs, and all they waited for. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const all = new Set(pids.flatMap((pid) => [pid, ...descendants(pid)]))
  return [...all].reduce((sum, pid) => sum + (entryOf(pid)?.cpuSeconds ?? 0), 0)
}

function entryOf(pid: number): Entry | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name, in parentheses, may itself have blanks and parentheses: see proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    threadCount: Number(fields[17]),
    cpuSeconds: ticks / TICKS_PER_SECOND,
  }
}
