/** What a server process has used so far; the difference over a run is the run's. */
import type { ActorProcess } from './actor-process.js'

/** Counters that only grow. */
export interface Counters {
  readonly cpuSeconds: number
  /** Syncs of files: `fdatasync` calls. Servers that do not count theirs say 0. */
  readonly syncs: number
}

/** Runs `work` and says what `server` used meanwhile. */
export async function counted<Result>(
  server: ActorProcess,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly used: Counters }> {
  const before = await server.ask<Counters>('counters')
  const result = await work()
  const after = await server.ask<Counters>('counters')
  const used = {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    syncs: after.syncs - before.syncs,
  }
  return { result, used }
}
