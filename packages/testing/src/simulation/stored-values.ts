/** Reads what a log delivers, and compares it with what was submitted. */
import type { Log } from '@tailrace/core'
import { BrokenPromise } from './broken-promise.js'
import type { ShadowStream } from './shadow-stream.js'

/**
 * All visible records from the start, appended to `values` one by one: when reading fails, those before
 * are there. Checks that the offsets are dense.
 */
export function valuesOf(log: Log, values: string[]): void {
  const decoder = new TextDecoder()
  let next = log.startOffset
  for (const batch of log.batches({ from: 'first', to: log.visibleOffset })) {
    for (let at = 0; at < batch.recordCount; at += 1) {
      const offset = batch.offset(at)
      if (offset < log.startOffset) continue
      if (offset !== next) {
        throw new BrokenPromise('not-dense', `offset ${offset} follows ${next - 1}`)
      }
      values.push(decoder.decode(batch.value(at)))
      next += 1
    }
  }
}

/** Each value is the one known at its offset, or one that was in flight, in their order. */
export function expectValues(log: Log, shadow: ShadowStream, values: readonly string[]): void {
  const { known, inFlight, name } = shadow
  let nextInFlight = 0
  for (const [at, value] of values.entries()) {
    const offset = log.startOffset + at
    const expected = known[offset]
    if (expected === value) continue
    const isLast = at === values.length - 1
    if (shadow.mayHaveJudgesRecord && isLast && value === `${name} after the crash`) continue
    const found = expected === undefined ? inFlight.indexOf(value, nextInFlight) : -1
    if (found < 0) {
      const message = `${stateOf(log)} has another record at offset ${offset}: "${value.slice(0, 40)}"`
      throw new BrokenPromise('invented-record', message)
    }
    nextInFlight = found + 1
  }
}

/** Name and bounds of the log, for a message. */
export function stateOf({ name, startOffset, endOffset }: Log): string {
  return `stream "${name}" [${startOffset}, ${endOffset})`
}
