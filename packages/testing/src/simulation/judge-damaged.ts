/**
 * Judges a disk on which a bit has turned over: no wrong record is delivered, and where one that was
 * acknowledged is missing, somebody is told.
 */
import type { Log } from '@tailrace/core'
import { TailraceError } from '@tailrace/format'
import type { Random } from '../random.js'
import { BrokenPromise } from './broken-promise.js'
import { openSimulated } from './open-simulated.js'
import type { ShadowStream } from './shadow-stream.js'
import type { SimulatedStorage } from './simulated-storage.js'
import { expectValues, stateOf, valuesOf } from './stored-values.js'

/** Turns over a bit of what some file holds. Returns the file's path; undefined when there is none. */
export function flipAnyBit(storage: SimulatedStorage, random: Random): string | undefined {
  const ends = storage
    .paths()
    .map((path) => ({ path, end: storage.contentOf(path).findLastIndex((byte) => byte !== 0) + 1 }))
    .filter(({ end }) => end > 0)
  if (ends.length === 0) return undefined
  const { path, end } = random.pick(ends)
  storage.flipBit(path, random.below(end), random.below(8))
  return path
}

/** Opens and reads everything. True when damage was reported. @throws {BrokenPromise} */
export async function judgeDamaged(
  storage: SimulatedStorage,
  shadows: readonly ShadowStream[],
  random: Random,
): Promise<boolean> {
  let isReported = false
  const noteReport = (error: unknown): void => {
    if (!TailraceError.is(error)) throw error
    isReported = true
  }
  try {
    const { store, scheduler } = await openSimulated(storage, random)
    for (const shadow of shadows) {
      if (!store.has(shadow.name)) continue
      try {
        const log = await scheduler.run(store.open(shadow.name))
        if (judgeLog(log, shadow)) isReported = true
      } catch (error) {
        noteReport(error)
      }
    }
    await scheduler.run(store.close())
  } catch (error) {
    noteReport(error)
  }
  return isReported
}

/** True when the log or a read of it reports damage. */
function judgeLog(log: Log, shadow: ShadowStream): boolean {
  const { recovery, failure } = log
  let isReported = failure !== undefined || recovery.tornTail !== undefined
  const values: string[] = []
  try {
    valuesOf(log, values)
  } catch (error) {
    if (!TailraceError.is(error)) throw error
    isReported = true
  }
  expectValues(log, shadow, values)
  const isMissing = log.startOffset + values.length < shadow.acknowledgedEnd
  if (!isMissing || isReported) return isReported
  const message = `${stateOf(log)} gave ${values.length} records and no error, acknowledged were ${shadow.acknowledgedEnd}`
  throw new BrokenPromise('not-reported', message)
}
