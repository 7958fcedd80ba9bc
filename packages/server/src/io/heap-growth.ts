/**
 * Fewer garbage collections in a process that is a server.
 *
 * What comes from sockets lies in memory outside of V8's heap, and so do the mappings of segments. V8
 * counts the former, and an eighth of the latter, towards the next collection, and with a heap as small as
 * a server's it collects often. Nearly all of what it finds is the same few MiB that are alive. So the heap
 * is allowed to grow by as much as a few segments before the next one: five times fewer collections.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** By how much the heap, and what counts towards it, may grow between two collections. */
const ROOM_BYTES = 128 * 1024 * 1024
const PERCENT_MAX = 1500
/** V8's own judgement. */
const UNSET = 0
const LOOK_INTERVAL_MS = 10_000

/**
 * Sets a flag of V8 for the whole process, and adapts it while the heap grows. For programs that are a
 * server and nothing else; `startServer` does not call it.
 */
export function letHeapGrow(): void {
  adapt()
  setInterval(adapt, LOOK_INTERVAL_MS).unref()
}

/** The percentage by which a heap of this size may grow; 0 leaves it to V8. Exported for tests. */
export function growthPercentOf(heapBytes: number): number {
  if (heapBytes > ROOM_BYTES) return UNSET
  return Math.min(PERCENT_MAX, Math.round((ROOM_BYTES / heapBytes) * 100))
}

function adapt(): void {
  const { used_heap_size: heapBytes } = getHeapStatistics()
  setFlagsFromString(`--heap-growing-percent=${growthPercentOf(heapBytes)}`)
}
