/**
 * All publishers of a bench as one.
 *
 * The load is dealt out among them record by record. If one fails, all have: figures of the rest would
 * mean something else.
 */

import { type Client, type TailraceError } from '@tailrace/client'

import { unlessAborted } from '../io/abort.js'
import { nowMs } from '../io/wall-clock.js'
import { Latencies } from './latencies.js'
import { BenchPublisher } from './publisher.js'
import { type BenchSettings, type PublishSettings } from './settings.js'

/** What publishing is given. */
export interface PublishingOptions {
  /** A connection for each publisher. */
  readonly clients: readonly Client[]
  readonly stream: string
  readonly runId: number
  readonly settings: PublishSettings
}

/** What ends it before its time. */
export interface PublishingEnds {
  readonly stop: AbortSignal
  readonly deadline: AbortSignal
}

/** Bytes not acknowledged of all publishers: what one of the client's own has if nothing is said. */
const BUFFER_BYTES = 16 * 1024 * 1024

/** How often it is looked at whether the disk of the server is full. */
const LOOK_EVERY_MS = 100

/** Publishes to one stream. */
export class Publishing {
  /** How soon records were acknowledged. */
  readonly latencies: Latencies
  readonly #publishers: readonly BenchPublisher[]
  readonly #settings: PublishSettings
  readonly #failure = new AbortController()

  private constructor(
    publishers: readonly BenchPublisher[],
    settings: PublishSettings,
    latencies: Latencies,
  ) {
    this.#publishers = publishers
    this.#settings = settings
    this.latencies = latencies
    for (const publisher of publishers) {
      publisher.onError((error) => this.#failure.abort(error))
    }
  }

  /** Opens all publishers on the server. Rejects with why they cannot be. */
  static async open({ clients, stream, runId, settings }: PublishingOptions): Promise<Publishing> {
    const { sizeBytes, batchBytes } = settings
    const latencies = new Latencies()
    const bufferBytes = Math.max(2 * batchBytes, Math.floor(BUFFER_BYTES / clients.length))
    const options = { stream, runId, sizeBytes, batchBytes, bufferBytes, latencies }
    const publishers = await Promise.all(
      clients.map((client, index) => BenchPublisher.open({ ...options, client, index })),
    )
    return new Publishing(publishers, settings, latencies)
  }

  /** Records acknowledged. */
  get recordCount(): number {
    return sum(this.#publishers.map((publisher) => publisher.acknowledgedCount))
  }

  /** Bytes of the values of these records. */
  get bytes(): number {
    return this.recordCount * this.#settings.sizeBytes
  }

  /** Records sent and not acknowledged. */
  get pendingCount(): number {
    return sum(this.#publishers.map((publisher) => publisher.sentCount)) - this.recordCount
  }

  /** Records that were due and were not sent. */
  get unsentCount(): number {
    return sum(this.#publishers.map((publisher) => publisher.unsentCount))
  }

  /** When the last acknowledgement came, ms since 1970; 0 before the first. */
  get lastMs(): number {
    return Math.max(...this.#publishers.map((publisher) => publisher.lastAckMs))
  }

  /** How many records of each publisher are acknowledged. */
  get acknowledgedCounts(): readonly number[] {
    return this.#publishers.map((publisher) => publisher.acknowledgedCount)
  }

  /** The refusal that one of them is waiting out, if one is. */
  get refusal(): TailraceError | undefined {
    return this.#publishers.map((publisher) => publisher.refusal).find((each) => each !== undefined)
  }

  /** Ends it, with the reason for which it cannot go on. */
  fail(reason: unknown): void {
    this.#failure.abort(reason)
  }

  /**
   * Sends; resolves when everything that is to be sent is, not yet acknowledged.
   *
   * @throws {TailraceError} why it cannot go on; NO_SPACE, which the client would wait out, too
   */
  async send({ recordsMax }: BenchSettings, { stop, deadline }: PublishingEnds): Promise<void> {
    const ends = { stop: AbortSignal.any([stop, this.#failure.signal]), deadline }
    const startMs = nowMs()
    const count = this.#publishers.length
    await this.#unlessFailed(
      this.#publishers.map((publisher, index) =>
        publisher.send({
          ...ends,
          recordsMax: Math.max(0, Math.ceil((recordsMax - index) / count)),
          dueMs: this.#schedule(startMs, index),
        }),
      ),
    )
  }

  /** Resolves when everything that was sent is acknowledged. Throws as `send` does. */
  async flush(): Promise<void> {
    await this.#unlessFailed(this.#publishers.map((publisher) => publisher.flush()))
  }

  /** When which record of a publisher is due. */
  #schedule(startMs: number, index: number): ((number: number) => number) | undefined {
    const { ratePerSecond } = this.#settings
    if (ratePerSecond === undefined) return undefined
    const intervalMs = 1000 / ratePerSecond
    const count = this.#publishers.length
    return (number) => startMs + (index + number * count) * intervalMs
  }

  async #unlessFailed(work: readonly Promise<void>[]): Promise<void> {
    const { signal } = this.#failure
    // A disk has no more room in a moment: figures of waiting for it are of no use to anybody.
    const look = setInterval(() => {
      if (this.refusal?.code === 'NO_SPACE') this.fail(this.refusal)
    }, LOOK_EVERY_MS)
    try {
      await unlessAborted(Promise.all(work), signal)
    } finally {
      clearInterval(look)
    }
    signal.throwIfAborted()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
