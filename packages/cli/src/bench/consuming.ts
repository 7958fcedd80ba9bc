/**
 * All consumers of a bench as one. Each receives everything, and what each receives is checked.
 */

import { type Client, type Gap } from '@tailrace/client'

import { unlessAborted } from '../io/abort.js'
import { BenchConsumer, type ConsumerOptions } from './consumer.js'

/** What consuming is given. */
export interface ConsumingOptions extends Omit<ConsumerOptions, 'client'> {
  /** A connection for each consumer. */
  readonly clients: readonly Client[]
}

/** So long nothing came that was due: it will not come any more. */
const STALL_MS = 30_000

/** Receives one stream, several times at once. */
export class Consuming {
  readonly #consumers: readonly BenchConsumer[]

  private constructor(consumers: readonly BenchConsumer[]) {
    this.#consumers = consumers
  }

  /** Subscribes all consumers. Rejects with why one cannot be. */
  static async open({ clients, ...options }: ConsumingOptions): Promise<Consuming> {
    const consumers = clients.map((client) => BenchConsumer.open({ client, ...options }))
    return new Consuming(await Promise.all(consumers))
  }

  /** Records delivered, to all consumers together. */
  get recordCount(): number {
    return this.#sum(({ check }) => check.recordCount)
  }

  /** Bytes of the values of these records. */
  get bytes(): number {
    return this.#sum(({ check }) => check.bytes)
  }

  /** When the last batch came, ms since 1970; 0 before the first. */
  get lastMs(): number {
    return Math.max(...this.#consumers.map(({ lastMs }) => lastMs))
  }

  /** Records that came again, or too late. */
  get repeatedCount(): number {
    return this.#sum(({ check }) => check.repeatedCount)
  }

  /** Records that should have come and did not. */
  get missingCount(): number {
    return this.#sum(({ check }) => check.missingCount)
  }

  /** Records of the stream that are gone, as the server told the first consumer that met them. */
  get gaps(): readonly Gap[] {
    const all = this.#consumers.flatMap(({ gaps }) => gaps)
    return [...new Map(all.map((gap) => [gap.from, gap])).values()]
  }

  /** Takes what comes until the end of the range, or `close`. Rejects with why nothing more comes. */
  async run(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.run()))
  }

  /**
   * Resolves when each consumer has taken so many records, when `stop` aborts, or when nothing comes any
   * more.
   */
  async reached(recordCount: number, stop: AbortSignal): Promise<void> {
    const all = Promise.all(this.#consumers.map((consumer) => consumer.reached(recordCount)))
    let before = -1
    while (!stop.aborted && this.recordCount !== before) {
      before = this.recordCount
      const end = AbortSignal.any([stop, AbortSignal.timeout(STALL_MS)])
      if ((await unlessAborted(all, end)) !== undefined) return
    }
  }

  /** Everything has come that will: counts what is missing; see {@link DeliveryCheck.finish}. */
  finish(acknowledgedCounts: readonly number[]): void {
    for (const { check } of this.#consumers) check.finish(acknowledgedCounts)
  }

  /** Ends it; `run` resolves. */
  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()))
  }

  #sum(of: (consumer: BenchConsumer) => number): number {
    return this.#consumers.reduce((total, consumer) => total + of(consumer), 0)
  }
}
