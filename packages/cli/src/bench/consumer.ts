/**
 * One consumer of a bench: takes batches as they come and has them checked.
 */

import {
  type Client,
  type Gap,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionStart,
} from '@tailrace/client'

import { nowMs } from '../io/wall-clock.js'
import { BenchRecordCodec, type BenchRecord } from './bench-record.js'
import { type DeliveryCheck } from './delivery-check.js'

/** What a consumer is given. */
export interface ConsumerOptions {
  readonly client: Client
  readonly stream: string
  readonly range: Pick<SubscribeOptions, 'from' | 'to'>
  /** Makes its check, once it is known where it begins and ends. */
  readonly check: (start: SubscriptionStart) => DeliveryCheck
}

/** Receives one stream over one connection. */
export class BenchConsumer {
  readonly #subscription: Subscription<BenchRecord>
  readonly check: DeliveryCheck
  /** Records that were due and are gone, as the server says. */
  readonly gaps: readonly Gap[]
  #lastMs = 0
  #awaited: { readonly recordCount: number; readonly reached: () => void } | undefined

  private constructor(
    subscription: Subscription<BenchRecord>,
    check: DeliveryCheck,
    gaps: readonly Gap[],
  ) {
    this.#subscription = subscription
    this.check = check
    this.gaps = gaps
  }

  /** Subscribes; resolves when the server has accepted that. Rejects with why it does not. */
  static async open({ client, stream, range, check }: ConsumerOptions): Promise<BenchConsumer> {
    const gaps: Gap[] = []
    const onGap = (gap: Gap) => {
      gaps.push(gap)
      made.skip(gap)
    }
    const codec = new BenchRecordCodec()
    const subscription = client.stream(stream, { codec }).subscribe({ ...range, onGap })
    // A gap is told when somebody iterates: later.
    const made = check(await subscription.opened())
    return new BenchConsumer(subscription, made, gaps)
  }

  /** When the last batch came, ms since 1970; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs
  }

  /** Takes what comes until the end of the range, or until it is closed; throws why nothing more does. */
  run(): Promise<void> {
    return this.#subscription.forEachBatch((batch) => {
      this.check.take(batch)
      this.#lastMs = nowMs()
      if (this.#awaited !== undefined) this.#settleAwaited()
    })
  }

  /** Resolves when so many records were taken. */
  async reached(recordCount: number): Promise<void> {
    await new Promise<void>((reached) => {
      this.#awaited = { recordCount, reached }
      this.#settleAwaited()
    })
  }

  /** Ends it. */
  close(): Promise<void> {
    return this.#subscription.close()
  }

  #settleAwaited(): void {
    const { recordCount = Infinity, reached } = this.#awaited ?? {}
    if (this.check.recordCount >= recordCount) reached?.()
  }
}
