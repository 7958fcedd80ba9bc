/**
 * A seeded workload: what several users of a store do at once, and the shadow of it.
 *
 * Streams in both modes of durability are created and deleted; appends in bursts, a named producer that
 * sends again, cursors, trims, retention, flushes; the process ends cleanly or is killed, and another one
 * goes on. On a disk with faults whatever fails is noted as unknown, and has to work again later.
 */
import type { Log, RecoveryLimits, Store, StreamConfigInput } from '@tailrace/core'
import { BatchBuilder, StorageError } from '@tailrace/format'
import type { Random } from '../random.js'
import { BrokenPromise } from './broken-promise.js'
import { isFault, openSimulated } from './open-simulated.js'
import type { SimulatedStore } from './open-simulated.js'
import { ShadowStream } from './shadow-stream.js'
import { SimulatedProcess } from './simulated-process.js'
import type { SimulatedStorage } from './simulated-storage.js'
import { expectValues, stateOf, valuesOf } from './stored-values.js'

const SEGMENT_BYTES_MAX = 64 * 1024
const STREAM_NAMES = ['s0', 's1', 's2', 's3']
const VALUE_LENGTHS = [0, 10, 100, 1000, 9000]
const BOOT_ID = 'the run of the machine'

/** What a workload does; the last three are what it goes through on a disk with faults. */
export const ACTION_KINDS = [
  'create',
  'delete',
  'append-fsync',
  'append-relaxed',
  'produce',
  'resend',
  'trim',
  'retention',
  'cursor-commit',
  'flush',
  'close',
  'kill',
  'failed',
  'poisoned',
  'no-space',
] as const

/** What a workload did. */
export type ActionKind = (typeof ACTION_KINDS)[number]

/** Where a workload runs. */
export interface WorkloadOptions {
  readonly storage: SimulatedStorage
  readonly random: Random
  /** As of {@link SimulatedProcess}. */
  readonly isFast: () => boolean
  /** What holds the run up; time stands still meanwhile. */
  readonly held: () => Promise<unknown> | undefined
  /** Default: the usual ones of a simulation. */
  readonly recoveryLimits?: RecoveryLimits | undefined
  /** Of the values that are appended, in bytes: of these the seed draws. Default: many, short ones, too. */
  readonly valueLengths?: readonly number[] | undefined
}

/** Users of one store, driven by a seed. */
export class Workload {
  readonly #options: WorkloadOptions
  readonly #random: Random
  readonly #storage: SimulatedStorage
  readonly #builder = new BatchBuilder()
  /** By name; the last of that name. */
  readonly #shadows = new Map<string, ShadowStream>()
  readonly #logs = new Map<string, Log>()
  readonly #counts = new Map<ActionKind, number>()
  #process: SimulatedProcess
  #simulated: SimulatedStore
  #incarnations = 0
  /** Faults of the disk before this process. */
  #faultsBefore = 0

  private constructor(
    options: WorkloadOptions,
    opened: { readonly process: SimulatedProcess; readonly simulated: SimulatedStore },
  ) {
    this.#options = options
    this.#random = options.random
    this.#storage = options.storage
    this.#process = opened.process
    this.#simulated = opened.simulated
  }

  /** Opens a store on the disk. */
  static async open(options: WorkloadOptions): Promise<Workload> {
    return new Workload(options, await openProcess(options))
  }

  /** The streams that were created, as they should be. */
  get shadows(): readonly ShadowStream[] {
    return [...this.#shadows.values()]
  }

  /** How often something was done. */
  count(kind: ActionKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Does one thing and waits until everything it acknowledged is noted. @throws {BrokenPromise} */
  async act(): Promise<void> {
    const storage = this.#storage
    if (this.#random.chance(0.03)) return this.#kill()
    // Now and then the disk is full for a while.
    if (storage.faults !== undefined && this.#random.chance(0.2)) {
      storage.capacityBytes = storage.usedBytes + this.#random.below(1000)
    }
    const isDone = await this.#attempt(this.#choose())
    storage.capacityBytes = Infinity
    const isPoisoned = [...this.#logs.values()].some(({ failure }) => failure !== undefined)
    if (isPoisoned) this.#expectCause()
    const isUnsure = this.shadows.some(({ presence }) => presence === 'unsure')
    if (isDone && !isPoisoned && !isUnsure) return
    await this.#withoutFaults(() => this.#mend())
  }

  /** Closes the store; on a disk without faults by then. */
  async close(): Promise<void> {
    const { scheduler, store } = this.#simulated
    await this.#withoutFaults(() => scheduler.run(this.#closeStore(store)))
  }

  /** False when the disk made it fail. */
  async #attempt(work: Promise<void>): Promise<boolean> {
    try {
      await this.#simulated.scheduler.run(work)
      return true
    } catch (error) {
      this.#expectFault(error)
      return false
    }
  }

  #expectFault(error: unknown): void {
    if (this.#storage.faults === undefined || !(error instanceof StorageError)) throw error
    const { code, message } = error
    if (!isFault(error)) {
      const reason = `${code}, which no fault explains: ${message}`
      throw new BrokenPromise('not-writable', reason, { cause: error })
    }
    this.#did('failed')
  }

  async #withoutFaults(work: () => Promise<void>): Promise<void> {
    const { faults } = this.#storage
    if (faults !== undefined) faults.isOn = false
    await work()
    if (faults !== undefined) faults.isOn = true
  }

  async #choose(): Promise<void> {
    const present = this.shadows.filter(({ presence }) => presence === 'present')
    const isRoom = present.length < STREAM_NAMES.length
    if (present.length === 0 || (isRoom && this.#random.chance(0.04))) return this.#createStream()
    const shadow = this.#random.pick(present)
    const log = await this.#logOf(shadow)
    const action = this.#random.next()
    if (action < 0.5) return this.#append(log, shadow)
    if (action < 0.66) return this.#produce(log, shadow)
    if (action < 0.76) return this.#trim(log, shadow)
    if (action < 0.84) return this.#commitCursor(log, shadow)
    if (action < 0.89) return this.#flush(log, shadow)
    if (action < 0.94) return this.#retain(log)
    if (action < 0.965) return this.#deleteStream(shadow)
    return this.#reopen()
  }

  async #logOf(shadow: ShadowStream): Promise<Log> {
    const log = await this.#simulated.store.open(shadow.name)
    shadow.knownEpoch = log.epoch
    this.#logs.set(shadow.name, log)
    return log
  }

  async #createStream(): Promise<void> {
    const { store } = this.#simulated
    const name = this.#random.pick(STREAM_NAMES.filter((free) => !store.has(free)))
    const durability = this.#random.pick(['fsync', 'fsync', 'relaxed'] as const)
    const isRetained = this.#random.chance(0.4)
    this.#incarnations += 1
    const incarnation = this.#incarnations
    const shadow = new ShadowStream({ name, durability, isRetained, incarnation })
    this.#shadows.set(name, shadow)
    await store.ensure(name, configOf(shadow))
    shadow.presence = 'present'
    this.#did('create')
  }

  async #deleteStream(shadow: ShadowStream): Promise<void> {
    shadow.presence = 'unsure'
    this.#logs.delete(shadow.name)
    await this.#simulated.store.delete(shadow.name)
    shadow.presence = 'absent'
    this.#did('delete')
  }

  /** A burst of appends in flight at once, as from several publishers. */
  async #append(log: Log, shadow: ShadowStream): Promise<void> {
    const burst = Array.from({ length: 1 + this.#random.below(4) }, () => {
      const values = Array.from({ length: 1 + this.#random.below(3) }, () => this.#value(shadow))
      return this.#appendValues(log, shadow, values)
    })
    const outcomes = await Promise.allSettled(burst)
    this.#did(`append-${shadow.options.durability}`)
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #appendValues(log: Log, shadow: ShadowStream, values: readonly string[]): Promise<void> {
    shadow.inFlight.push(...values)
    try {
      const { baseOffset, endOffset } = await log.append(values.map((value) => ({ value })))
      shadow.stored(baseOffset, values)
      if (shadow.options.durability === 'fsync') shadow.acknowledge(endOffset)
    } catch (error) {
      if (!isFault(error) || error.code === 'STREAM_POISONED') throw error
      // Nothing was appended, and it has to work once the disk does.
      shadow.withdraw(values)
      if (error.code === 'NO_SPACE') this.#did('no-space')
      throw error
    }
  }

  /** A batch of the named producer, sent twice as after a lost acknowledgement. */
  async #produce(log: Log, shadow: ShadowStream): Promise<void> {
    const { producer } = shadow
    const handle = log.openProducer({ name: producer.name })
    const baseSequence = producer.nextSequence
    const values = Array.from({ length: 1 + this.#random.below(3) }, (_, at) =>
      `${producer.name}#${baseSequence + at}#`.padEnd(this.#random.pick([0, 3000]), 'y'),
    )
    for (const value of values) this.#builder.append(new TextEncoder().encode(value))
    const { producerId, producerEpoch } = handle
    const identity = { createTimeUs: 1, producerId, producerEpoch, baseSequence }
    const batch = this.#builder.build(identity)
    while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
    // Before it is known: a write of which only zeros are missing has failed, and the batch is there.
    shadow.inFlight.push(...values)
    producer.nextSequence += values.length
    const { baseOffset, endOffset } = log.appendBatch(batch, { check: true })
    shadow.stored(baseOffset, values)
    this.#did('produce')
    if (!log.appendBatch(batch).isDuplicate) {
      throw new BrokenPromise('stored-twice', `${stateOf(log)}: a resend was stored twice`)
    }
    this.#did('resend')
    if (shadow.options.durability === 'relaxed') return
    await log.flush()
    shadow.acknowledge(endOffset)
    producer.acknowledgedTo = producer.nextSequence
  }

  async #commitCursor(log: Log, shadow: ShadowStream): Promise<void> {
    const { cursor } = shadow
    const offset = this.#random.below(log.durableOffset + 1)
    cursor.offsets.push(offset)
    const at = cursor.offsets.length - 1
    await log.cursors.commit(cursor.name, offset)
    cursor.acknowledged = at
    this.#did('cursor-commit')
  }

  async #flush(log: Log, shadow: ShadowStream): Promise<void> {
    const end = log.endOffset
    const { nextSequence } = shadow.producer
    await log.flush()
    shadow.acknowledge(end)
    shadow.producer.acknowledgedTo = Math.max(shadow.producer.acknowledgedTo, nextSequence)
    this.#did('flush')
  }

  async #trim(log: Log, shadow: ShadowStream): Promise<void> {
    const { startOffset, durableOffset } = log
    const before = startOffset + this.#random.below(durableOffset - startOffset + 1)
    shadow.trimAskedTo = Math.max(shadow.trimAskedTo, before)
    shadow.trimmedTo = Math.max(shadow.trimmedTo, await log.trim(before))
    if (before > startOffset) this.#did('trim')
  }

  async #retain(log: Log): Promise<void> {
    await log.applyRetention()
    if (log.config.retentionBytes !== null && log.startOffset > 0) this.#did('retention')
  }

  /** The process ends as it should, and another one goes on. */
  async #reopen(): Promise<void> {
    const { store } = this.#simulated
    const healthy = [...this.#logs].filter(([, { failure }]) => failure === undefined)
    await store.close()
    for (const [name] of healthy) {
      const shadow = this.#shadows.get(name)
      if (shadow === undefined || shadow.presence !== 'present') continue
      shadow.acknowledge(shadow.known.length)
      shadow.producer.acknowledgedTo = shadow.producer.nextSequence
    }
    this.#did('close')
    await this.#withoutFaults(() => this.#goOn())
  }

  /** The process ends in the middle of something. */
  async #kill(): Promise<void> {
    const work = this.#choose()
    work.catch(() => undefined)
    await this.#simulated.scheduler.runSome(this.#random.below(12))
    this.#process.kill()
    // It may be in the middle of an opening, with a loop of its own that waits for it.
    this.#simulated.scheduler.stop()
    this.#did('kill')
    await this.#withoutFaults(() => this.#goOn())
  }

  /** Another process opens the store, and finds at least what the one before was told is there. */
  async #goOn(): Promise<void> {
    this.#logs.clear()
    const opened = await openProcess(this.#options)
    this.#process = opened.process
    this.#simulated = opened.simulated
    this.#faultsBefore = poisoningFaults(this.#storage)
    const { store, scheduler } = this.#simulated
    for (const shadow of this.shadows) {
      const isThere = store.has(shadow.name)
      if (shadow.presence !== 'unsure' && isThere !== (shadow.presence === 'present')) {
        const message = `stream "${shadow.name}" should be ${shadow.presence} in the next process`
        throw new BrokenPromise(isThere ? 'invented-stream' : 'lost-stream', message)
      }
      if (isThere) await scheduler.run(this.#adopt(shadow))
      shadow.presence = isThere ? 'present' : 'absent'
    }
  }

  /** What a process finds when it opens a stream it shows to readers: so none of it may go any more. */
  async #adopt(shadow: ShadowStream): Promise<void> {
    const log = await this.#logOf(shadow)
    const values: string[] = []
    valuesOf(log, values)
    if (log.failure !== undefined) throw new BrokenPromise('not-writable', log.failure.message)
    expectValues(log, shadow, values)
    if (log.endOffset < shadow.known.length) {
      const message = `${stateOf(log)} of ${shadow.known.length}: lost without a loss of power`
      throw new BrokenPromise('lost-record', message)
    }
    shadow.stored(log.startOffset, values)
    shadow.inFlight.length = 0
    shadow.acknowledge(log.durableOffset)
    const { name } = shadow.producer
    shadow.producer.nextSequence = log.openProducer({ name }).lastSequence + 1
    shadow.producer.acknowledgedTo = shadow.producer.nextSequence
  }

  /** After a fault: what is poisoned refuses, what was full takes records, and a reopening mends the rest. */
  async #mend(): Promise<void> {
    const { scheduler, store } = this.#simulated
    for (const [name, log] of this.#logs) {
      const shadow = this.#shadows.get(name)
      if (shadow?.presence !== 'present' || log.isClosed) continue
      await scheduler.run(this.#tryAppending(log, shadow))
    }
    for (const shadow of this.shadows) {
      if (shadow.presence === 'unsure') await scheduler.run(this.#tryAgain(store, shadow))
    }
    await scheduler.run(this.#closeStore(store))
    await this.#goOn()
  }

  async #tryAppending(log: Log, shadow: ShadowStream): Promise<void> {
    if (log.failure === undefined) {
      try {
        await this.#appendValues(log, shadow, [this.#value(shadow)])
        return
      } catch (error) {
        // A fault of work in the background, such as naming a segment, poisons only at the next commit.
        this.#expectPoisoned(error)
      }
    }
    this.#did('poisoned')
    try {
      await log.append({ value: 'must not be acknowledged' })
    } catch (error) {
      this.#expectPoisoned(error)
      return
    }
    const message = `${stateOf(log)} acknowledged an append after it was poisoned`
    throw new BrokenPromise('acknowledged-after-failure', message)
  }

  async #closeStore(store: Store): Promise<void> {
    try {
      await store.close()
    } catch (error) {
      this.#expectPoisoned(error)
    }
  }

  #expectPoisoned(error: unknown): void {
    if (!isFault(error) || error.code !== 'STREAM_POISONED') throw error
    this.#expectCause()
  }

  /** A stream is poisoned by a fault that this process has met, and by nothing else: not by a full disk. */
  #expectCause(): void {
    if (poisoningFaults(this.#storage) > this.#faultsBefore) return
    throw new BrokenPromise('not-writable', 'a stream is poisoned, which no fault explains')
  }

  /** A creation or deletion that has failed works when it is tried again. */
  async #tryAgain(store: Store, shadow: ShadowStream): Promise<void> {
    if (this.#random.chance(0.5)) return
    if (store.has(shadow.name)) {
      await store.delete(shadow.name)
      shadow.presence = 'absent'
    } else if (shadow.known.length + shadow.inFlight.length === 0) {
      // Whichever of the two a crash leaves, it is empty.
      await store.ensure(shadow.name, configOf(shadow))
      shadow.presence = 'present'
    } else {
      // A deletion that got halfway.
      await store.delete(shadow.name)
      shadow.presence = 'absent'
    }
  }

  #did(kind: ActionKind): void {
    this.#counts.set(kind, this.count(kind) + 1)
  }

  /** Distinct values of many lengths, some of them longer than a page. */
  #value({ name, options, known, inFlight }: ShadowStream): string {
    const length = this.#random.pick(this.#options.valueLengths ?? VALUE_LENGTHS)
    const number = known.length + inFlight.length
    const id = `${name}.${options.incarnation}:${number}:${this.#random.below(1e9)}:`
    return id.padEnd(length, 'x')
  }
}

async function openProcess(workload: WorkloadOptions): Promise<{
  readonly process: SimulatedProcess
  readonly simulated: SimulatedStore
}> {
  const { storage, random, held, recoveryLimits } = workload
  const process = new SimulatedProcess(storage, workload.isFast)
  const hasFaults = storage.faults !== undefined
  const options = { bootId: BOOT_ID, hasFaults, held, recoveryLimits }
  return { process, simulated: await openSimulated(process, random, options) }
}

function configOf({ options }: ShadowStream): StreamConfigInput {
  const retention = options.isRetained ? { maxBytes: 2 * SEGMENT_BYTES_MAX } : {}
  return { durability: options.durability, segmentBytesMax: SEGMENT_BYTES_MAX, retention }
}

/** How often the disk has failed in a way that may poison a stream. */
function poisoningFaults({ faults }: SimulatedStorage): number {
  return faults === undefined ? 0 : faults.injected('EIO') + faults.injected('short-write')
}
