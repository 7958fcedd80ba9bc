/**
 * A seeded workload: what several users of a store do at once, and the shadow of it.
 *
 * Appends in bursts, a named producer with sequences, cursors, trims, retention, flushes, a clean reopening,
 * in both modes of durability.
 */
import type { AppendResult, Log } from '@tailrace/core'
import { BatchBuilder } from '@tailrace/format'
import type { Random } from '../random.js'
import { openSimulated } from './oracle.js'
import type { SimulatedStore } from './oracle.js'
import { ShadowStream } from './shadow-stream.js'
import type { SimulatedStorage } from './simulated-storage.js'

const SEGMENT_BYTES_MAX = 64 * 1024

/** Users of one store, driven by a seed. */
export class Workload {
  readonly #random: Random
  readonly #storage: SimulatedStorage
  readonly #shadows: ShadowStream[] = []
  readonly #builder = new BatchBuilder()
  #simulated: SimulatedStore

  private constructor(random: Random, storage: SimulatedStorage, simulated: SimulatedStore) {
    this.#random = random
    this.#storage = storage
    this.#simulated = simulated
  }

  /** Opens a store on the disk. */
  static async open(storage: SimulatedStorage, random: Random): Promise<Workload> {
    return new Workload(random, storage, await openSimulated(storage, random))
  }

  /** The streams that were created, as they should be. */
  get shadows(): readonly ShadowStream[] {
    return this.#shadows
  }

  /** Does one thing and waits until everything it acknowledged is noted. */
  async act(): Promise<void> {
    const { scheduler } = this.#simulated
    await scheduler.run(this.#choose())
  }

  /** Closes the store. */
  async close(): Promise<void> {
    const { scheduler, store } = this.#simulated
    await scheduler.run(store.close())
  }

  async #choose(): Promise<void> {
    if (this.#shadows.length === 0 || this.#random.chance(0.02)) return this.#createStream()
    const shadow = this.#random.pick(this.#shadows)
    const log = await this.#simulated.store.open(shadow.name)
    shadow.knownEpoch = log.epoch
    const action = this.#random.next()
    if (action < 0.55) return this.#append(log, shadow)
    if (action < 0.7) return this.#produce(log, shadow)
    if (action < 0.8) return this.#trim(log, shadow)
    if (action < 0.88) return this.#commitCursor(log, shadow)
    if (action < 0.93) return this.#flush(log, shadow)
    if (action < 0.96) return log.applyRetention()
    return this.#reopen()
  }

  async #createStream(): Promise<void> {
    const durability = this.#random.pick(['fsync', 'fsync', 'relaxed'] as const)
    const isRetained = this.#random.chance(0.3)
    const shadow = new ShadowStream(`s${this.#shadows.length}`, durability, isRetained)
    const retention = isRetained ? { maxBytes: 4 * SEGMENT_BYTES_MAX } : {}
    const config = { durability, segmentBytesMax: SEGMENT_BYTES_MAX, retention }
    await this.#simulated.store.ensure(shadow.name, config)
    // Only now: a crash before may leave it there or not.
    this.#shadows.push(shadow)
  }

  /** A burst of appends in flight at once, as from several publishers. */
  async #append(log: Log, shadow: ShadowStream): Promise<void> {
    const burst = Array.from({ length: 1 + this.#random.below(4) }, async () => {
      const values = Array.from({ length: 1 + this.#random.below(3) }, () => this.#value(shadow))
      const submitted = log.append(values.map((value) => ({ value })))
      shadow.submitted.push(...values)
      acknowledge(shadow, await submitted)
    })
    await Promise.all(burst)
  }

  /** A batch of the named producer, sent twice as after a lost acknowledgement. */
  async #produce(log: Log, shadow: ShadowStream): Promise<void> {
    const { producer } = shadow
    const handle = log.openProducer({ name: producer.name })
    const values = Array.from({ length: 1 + this.#random.below(3) }, (_, at) =>
      `${producer.name}#${producer.nextSequence + at}#`.padEnd(this.#random.pick([0, 3000]), 'y'),
    )
    for (const value of values) this.#builder.append(new TextEncoder().encode(value))
    const batch = this.#builder.build({
      createTimeUs: 1,
      producerId: handle.producerId,
      producerEpoch: handle.producerEpoch,
      baseSequence: producer.nextSequence,
    })
    while (!log.hasRoomFor(batch.length)) await log.makeRoom(batch.length)
    const { endOffset } = log.appendBatch(batch, { check: true })
    shadow.submitted.push(...values)
    producer.nextSequence += values.length
    if (!log.appendBatch(batch).isDuplicate) throw new Error('a resend was stored twice')
    if (shadow.durability === 'relaxed') return
    await log.flush()
    shadow.acknowledgedEnd = Math.max(shadow.acknowledgedEnd, endOffset)
    producer.acknowledgedTo = producer.nextSequence
  }

  async #commitCursor(log: Log, shadow: ShadowStream): Promise<void> {
    const { cursor } = shadow
    const offset = this.#random.below(log.durableOffset + 1)
    cursor.offsets.push(offset)
    const at = cursor.offsets.length - 1
    await log.cursors.commit(cursor.name, offset)
    cursor.acknowledged = at
  }

  async #flush(log: Log, shadow: ShadowStream): Promise<void> {
    const end = log.endOffset
    const { nextSequence } = shadow.producer
    await log.flush()
    shadow.acknowledgedEnd = Math.max(shadow.acknowledgedEnd, end)
    shadow.producer.acknowledgedTo = Math.max(shadow.producer.acknowledgedTo, nextSequence)
  }

  async #trim(log: Log, shadow: ShadowStream): Promise<void> {
    const { startOffset, durableOffset } = log
    const before = startOffset + this.#random.below(durableOffset - startOffset + 1)
    shadow.trimAskedTo = Math.max(shadow.trimAskedTo, before)
    shadow.trimmedTo = Math.max(shadow.trimmedTo, await log.trim(before))
  }

  async #reopen(): Promise<void> {
    await this.#simulated.store.close()
    for (const shadow of this.#shadows) {
      shadow.acknowledgedEnd = shadow.submitted.length
      shadow.producer.acknowledgedTo = shadow.producer.nextSequence
    }
    this.#simulated = await openSimulated(this.#storage, this.#random)
  }

  /** Distinct values of many lengths, some of them longer than a page. */
  #value(shadow: ShadowStream): string {
    const length = this.#random.pick([0, 10, 100, 1000, 9000])
    return `${shadow.name}:${shadow.submitted.length}:${this.#random.below(1e9)}:`.padEnd(
      length,
      'x',
    )
  }
}

function acknowledge(shadow: ShadowStream, { endOffset }: AppendResult): void {
  if (shadow.durability === 'relaxed') return
  shadow.acknowledgedEnd = Math.max(shadow.acknowledgedEnd, endOffset)
}
