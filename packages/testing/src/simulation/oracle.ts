/**
 * Judges a store that was recovered: everything acknowledged is there, nothing is invented, offsets run
 * densely, producers and cursors are as they were left, and the log takes and keeps new records.
 */
import type { Log, Store } from '@tailrace/core'
import { BatchBuilder } from '@tailrace/format'
import type { Random } from '../random.js'
import { BrokenPromise } from './broken-promise.js'
import { openSimulated } from './open-simulated.js'
import type { ShadowStream } from './shadow-stream.js'
import type { SimulatedStorage } from './simulated-storage.js'
import { expectValues, stateOf, valuesOf } from './stored-values.js'

/** Opens the disk as after a crash and checks every stream in it. @throws {BrokenPromise} */
export async function judge(
  storage: SimulatedStorage,
  shadows: readonly ShadowStream[],
  random: Random,
): Promise<void> {
  const { store, scheduler } = await openSimulated(storage, random)
  expectStreams(store, shadows)
  const present = shadows.filter(({ name }) => store.has(name))
  for (const shadow of present) await scheduler.run(judgeStream(store, shadow))
  await scheduler.run(store.close())
  const again = await openSimulated(storage, random)
  for (const shadow of present) await again.scheduler.run(judgeReopened(again.store, shadow))
  await again.scheduler.run(again.store.close())
}

function expectStreams(store: Store, shadows: readonly ShadowStream[]): void {
  for (const { name, presence } of shadows) {
    if (presence === 'present' && !store.has(name)) {
      throw new BrokenPromise('lost-stream', `stream "${name}" was created and is gone`)
    }
    if (presence === 'absent' && store.has(name)) {
      throw new BrokenPromise('invented-stream', `stream "${name}" was deleted and is back`)
    }
  }
  const unknown = store.list().find((name) => shadows.every((shadow) => shadow.name !== name))
  if (unknown === undefined) return
  throw new BrokenPromise('invented-stream', `stream "${unknown}" was never created`)
}

async function judgeStream(store: Store, shadow: ShadowStream): Promise<void> {
  const log = await store.open(shadow.name)
  expectBounds(log, shadow)
  const values: string[] = []
  valuesOf(log, values)
  const { startOffset, endOffset } = log
  if (values.length !== endOffset - startOffset) {
    throw new BrokenPromise('lost-record', `${stateOf(log)} gave ${values.length} records`)
  }
  expectValues(log, shadow, values)
  expectProducer(log, shadow, values)
  expectCursor(log, shadow)
  const { baseOffset } = await log.append({ value: judgesRecord(shadow) })
  if (baseOffset !== endOffset) {
    throw new BrokenPromise('not-dense', `appended at ${baseOffset}, not ${endOffset}`)
  }
}

async function judgeReopened(store: Store, shadow: ShadowStream): Promise<void> {
  if (!store.has(shadow.name)) {
    throw new BrokenPromise('lost-stream', `stream "${shadow.name}" was opened and is gone`)
  }
  const log = await store.open(shadow.name)
  const { tornTail } = log.recovery
  if (tornTail !== undefined) {
    const message = `${stateOf(log)} has a torn tail at ${tornTail.atPosition} after a clean stop`
    throw new BrokenPromise('torn-tail-left', message)
  }
  const values: string[] = []
  valuesOf(log, values)
  const last = values.at(-1)
  if (last === judgesRecord(shadow)) return
  const message = `the record appended after the crash is "${String(last)}"`
  throw new BrokenPromise('lost-record', message)
}

function expectBounds(log: Log, shadow: ShadowStream): void {
  const { known, inFlight, acknowledgedEnd, trimmedTo, trimAskedTo, options } = shadow
  const { startOffset, endOffset, failure, recovery } = log
  const state = stateOf(log)
  if (recovery.forgottenProducers !== undefined) {
    throw new BrokenPromise('wrong-producer', `${state}: ${recovery.forgottenProducers.reason}`)
  }
  if (failure !== undefined) {
    throw new BrokenPromise('not-writable', `${state} failed: ${failure.message}`)
  }
  if (endOffset < acknowledgedEnd) {
    const message = `${state} lost what was acknowledged up to ${acknowledgedEnd}`
    throw new BrokenPromise('lost-record', message)
  }
  const mayBeSeen = options.durability === 'relaxed' && shadow.knownEpoch === log.epoch
  if (mayBeSeen && endOffset < known.length) {
    const message = `${state} lost visible records and kept epoch ${log.epoch}`
    throw new BrokenPromise('stale-epoch', message)
  }
  const endMax = known.length + inFlight.length + (shadow.mayHaveJudgesRecord ? 1 : 0)
  if (endOffset > endMax) {
    const message = `${state} holds more than the ${endMax} records submitted`
    throw new BrokenPromise('invented-record', message)
  }
  const startMax = options.isRetained ? endOffset : trimAskedTo
  if (startOffset < trimmedTo || startOffset > startMax) {
    throw new BrokenPromise('wrong-start', `${state} starts outside [${trimmedTo}, ${startMax}]`)
  }
}

/**
 * The last sequence is that of the records: what is stored is known, what is not may be sent again. What
 * is stored and sent again is not stored twice.
 */
function expectProducer(log: Log, shadow: ShadowStream, values: readonly string[]): void {
  const { name, nextSequence, acknowledgedTo } = shadow.producer
  const { lastSequence, ...handle } = log.openProducer({ name })
  const stored = values.filter((value) => value.startsWith(`${name}#`))
  const last = stored.at(-1)?.split('#')[1]
  if (last !== undefined && Number(last) !== lastSequence) {
    const message = `${stateOf(log)}: producer is at ${lastSequence}, its last record is ${last}`
    throw new BrokenPromise('wrong-producer', message)
  }
  if (lastSequence < acknowledgedTo - 1 || lastSequence >= nextSequence) {
    const range = `acknowledged to ${acknowledgedTo} of ${nextSequence}`
    const message = `${stateOf(log)}: producer is at ${lastSequence}, ${range}`
    throw new BrokenPromise('wrong-producer', message)
  }
  if (lastSequence < 0) return
  const builder = new BatchBuilder()
  builder.append(new TextEncoder().encode('sent again'))
  const batch = builder.build({ createTimeUs: 1, ...handle, baseSequence: lastSequence })
  const { endOffset } = log
  if (log.hasRoomFor(batch.length) && !log.appendBatch(batch).isDuplicate) {
    throw new BrokenPromise('stored-twice', `${stateOf(log)}: sequence ${lastSequence}, sent again`)
  }
  if (log.endOffset !== endOffset) {
    throw new BrokenPromise('stored-twice', `${stateOf(log)}: a duplicate moved the end`)
  }
}

/** What is stored is what was committed: the last acknowledged commit or one after it. */
function expectCursor(log: Log, shadow: ShadowStream): void {
  const { name, offsets, acknowledged } = shadow.cursor
  const cursor = log.cursors.get(name)
  const allowed = offsets.slice(Math.max(0, acknowledged))
  const isAllowed = cursor === undefined ? acknowledged < 0 : allowed.includes(cursor.offset)
  if (isAllowed) return
  const message = `cursor is ${String(cursor?.offset)}, committed was ${allowed.join(', ')}`
  throw new BrokenPromise('wrong-cursor', `${stateOf(log)}: ${message}`)
}

function judgesRecord({ name }: ShadowStream): string {
  return `${name} after the crash`
}
