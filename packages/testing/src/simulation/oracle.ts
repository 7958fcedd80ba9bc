/**
 * Judges a store that was recovered: everything acknowledged is there, nothing is invented, offsets run
 * densely, producers and cursors are as they were left, and the log takes and keeps new records.
 */
import { openStore } from '@tailrace/core'
import type { Log, Store } from '@tailrace/core'
import type { Random } from '../random.js'
import type { ShadowStream } from './shadow-stream.js'
import type { SimulatedStorage } from './simulated-storage.js'
import { VirtualScheduler } from './virtual-scheduler.js'

/** What is wrong with a recovered store; the message says which promise is broken. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** A store on a simulated disk with its own time. */
export interface SimulatedStore {
  readonly store: Store
  readonly scheduler: VirtualScheduler
}

/** Opens the store on a disk, as the first process after a loss of power. */
export async function openSimulated(
  storage: SimulatedStorage,
  random: Random,
): Promise<SimulatedStore> {
  const scheduler = new VirtualScheduler(random)
  const options = {
    bootId: `boot-${random.below(2 ** 32)}`,
    storage,
    scheduler,
    clock: scheduler,
    onBackgroundError: (_: string, error: unknown) => {
      throw error
    },
  }
  return { store: await scheduler.run(openStore('simulated', options)), scheduler }
}

/** Opens the disk as after a crash and checks every stream in it. @throws {BrokenPromise} */
export async function judge(
  storage: SimulatedStorage,
  shadows: readonly ShadowStream[],
  random: Random,
): Promise<void> {
  const { store, scheduler } = await openSimulated(storage, random)
  for (const shadow of shadows) await scheduler.run(judgeStream(store, shadow))
  await scheduler.run(store.close())
  const again = await openSimulated(storage, random)
  for (const shadow of shadows) await again.scheduler.run(judgeReopened(again.store, shadow))
  await again.scheduler.run(again.store.close())
}

async function judgeStream(store: Store, shadow: ShadowStream): Promise<void> {
  const { name } = shadow
  if (!store.has(name)) throw new BrokenPromise(`stream "${name}" was created and is gone`)
  const log = await store.open(name)
  expectBounds(log, shadow)
  const values = valuesOf(log)
  expectValues(log, shadow, values)
  expectProducer(log, shadow, values)
  expectCursor(log, shadow)
  const { endOffset } = log
  const { baseOffset } = await log.append({ value: judgesRecord(shadow) })
  if (baseOffset !== endOffset)
    throw new BrokenPromise(`appended at ${baseOffset}, not ${endOffset}`)
}

async function judgeReopened(store: Store, shadow: ShadowStream): Promise<void> {
  const last = valuesOf(await store.open(shadow.name)).at(-1)
  if (last === judgesRecord(shadow)) return
  throw new BrokenPromise(`the record appended after the crash is "${String(last)}"`)
}

function expectBounds(log: Log, shadow: ShadowStream): void {
  const { submitted, acknowledgedEnd, trimmedTo, trimAskedTo } = shadow
  const { startOffset, endOffset, failure } = log
  const state = stateOf(log)
  if (failure !== undefined) throw new BrokenPromise(`${state} failed: ${failure.message}`)
  if (endOffset < acknowledgedEnd) {
    throw new BrokenPromise(`${state} lost what was acknowledged up to ${acknowledgedEnd}`)
  }
  const mayBeSeen = shadow.durability === 'relaxed' && shadow.knownEpoch === log.epoch
  if (mayBeSeen && endOffset < submitted.length) {
    throw new BrokenPromise(`${state} lost visible records and kept epoch ${log.epoch}`)
  }
  if (endOffset > submitted.length + (shadow.mayHaveJudgesRecord ? 1 : 0)) {
    throw new BrokenPromise(`${state} holds more than the ${submitted.length} records submitted`)
  }
  const startMax = shadow.isRetained ? endOffset : trimAskedTo
  if (startOffset < trimmedTo || startOffset > startMax) {
    throw new BrokenPromise(`${state} starts outside [${trimmedTo}, ${startMax}]`)
  }
}

function expectValues(log: Log, shadow: ShadowStream, values: readonly string[]): void {
  const { startOffset, endOffset } = log
  if (values.length !== endOffset - startOffset) {
    throw new BrokenPromise(`${stateOf(log)} gave ${values.length} records`)
  }
  for (const [at, value] of values.entries()) {
    const isLast = at === values.length - 1
    if (shadow.mayHaveJudgesRecord && isLast && value === judgesRecord(shadow)) continue
    if (value !== shadow.submitted[startOffset + at]) {
      throw new BrokenPromise(`${stateOf(log)} has another record at offset ${startOffset + at}`)
    }
  }
}

/** The last sequence is that of the records: what is stored is known, what is not may be sent again. */
function expectProducer(log: Log, shadow: ShadowStream, values: readonly string[]): void {
  const { name, nextSequence, acknowledgedTo } = shadow.producer
  const { lastSequence } = log.openProducer({ name })
  const stored = values.filter((value) => value.startsWith(`${name}#`))
  const last = stored.at(-1)?.split('#')[1]
  if (last !== undefined && Number(last) !== lastSequence) {
    throw new BrokenPromise(
      `${stateOf(log)}: producer is at ${lastSequence}, its last record is ${last}`,
    )
  }
  if (lastSequence < acknowledgedTo - 1 || lastSequence >= nextSequence) {
    throw new BrokenPromise(
      `${stateOf(log)}: producer is at ${lastSequence}, acknowledged to ${acknowledgedTo} of ${nextSequence}`,
    )
  }
}

/** What is stored is what was committed: the last acknowledged commit or one after it. */
function expectCursor(log: Log, shadow: ShadowStream): void {
  const { name, offsets, acknowledged } = shadow.cursor
  const cursor = log.cursors.get(name)
  const allowed = offsets.slice(Math.max(0, acknowledged))
  const isAllowed = cursor === undefined ? acknowledged < 0 : allowed.includes(cursor.offset)
  if (isAllowed) return
  throw new BrokenPromise(
    `${stateOf(log)}: cursor is ${String(cursor?.offset)}, committed was ${allowed.join(', ')}`,
  )
}

/** All visible records from the start; checks that the offsets are dense. */
function valuesOf(log: Log): string[] {
  const decoder = new TextDecoder()
  const values: string[] = []
  let next = log.startOffset
  for (const batch of log.batches({ from: 'first' })) {
    for (let at = 0; at < batch.recordCount; at += 1) {
      const offset = batch.offset(at)
      if (offset < log.startOffset) continue
      if (offset !== next) throw new BrokenPromise(`offset ${offset} follows ${next - 1}`)
      values.push(decoder.decode(batch.value(at)))
      next += 1
    }
  }
  return values
}

function stateOf({ name, startOffset, endOffset }: Log): string {
  return `stream "${name}" [${startOffset}, ${endOffset})`
}

function judgesRecord({ name }: ShadowStream): string {
  return `${name} after the crash`
}
