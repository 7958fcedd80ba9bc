/**
 * One publisher of a bench: sends numbered records, and measures how soon they are acknowledged.
 *
 * Without a rate it sends whenever there is room in the client's buffer, and the time that a record
 * spends in there counts: it is what an application would wait that sends as much as it can. With a
 * rate, records are due at fixed times, and latencies count from then: a publisher that was held up, by
 * the server or by this process, counts against every record that was due meanwhile (coordinated
 * omission).
 */

import { type Client, type Producer, type TailraceError } from '@tailrace/client'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

import { unlessAborted } from '../io/abort.js'
import { nowMs } from '../io/wall-clock.js'
import { BenchRecordCodec, type BenchRecord } from './bench-record.js'
import { type Latencies } from './latencies.js'
import { SendTimes } from './send-times.js'

/** What a publisher is given. */
export interface PublisherOptions {
  readonly client: Client
  readonly stream: string
  readonly runId: number
  /** Which of the publishers it is, from 0. */
  readonly index: number
  readonly sizeBytes: number
  readonly batchBytes: number
  /** Bytes not acknowledged at which it waits. */
  readonly bufferBytes: number
  /** Where it records how soon records are acknowledged. */
  readonly latencies: Latencies
}

/** What it sends, and when. */
export interface Load {
  /** Records to send. May be infinite. */
  readonly recordsMax: number
  /** When record `number` is due, in ms since 1970; undefined: as soon as there is room. */
  readonly dueMs: ((number: number) => number) | undefined
  /** Ends it early. */
  readonly stop: AbortSignal
  /** Ends it, too, but what is due and can be sent at once is. */
  readonly deadline: AbortSignal
}

/** The time is looked at once for so many records that are sent as fast as possible. */
const RECORDS_PER_LOOK = 16
/** A timer may be so late; what is due sooner is waited for actively. */
const TIMER_LATE_MS = 2

/** Publishes to one stream over one connection. */
export class BenchPublisher {
  readonly #producer: Producer<BenchRecord>
  readonly #record: BenchRecord
  readonly #times = new SendTimes()
  #lastAckMs = 0
  #unsentCount = 0

  private constructor(producer: Producer<BenchRecord>, options: PublisherOptions) {
    const { runId, index, sizeBytes, latencies } = options
    this.#producer = producer
    this.#record = { runId, publisher: index, number: 0, timeMs: 0, sizeBytes }
    producer.onAck(({ recordCount }) => {
      const now = nowMs()
      this.#lastAckMs = now
      this.#times.take(recordCount, (timeMs, count) => latencies.record(now - timeMs, count))
    })
  }

  /** Opens it on the server. Rejects with why it cannot be. */
  static async open(options: PublisherOptions): Promise<BenchPublisher> {
    const { client, stream, sizeBytes, batchBytes, bufferBytes } = options
    const codec = new BenchRecordCodec(sizeBytes)
    const producer = client
      .stream(stream, { codec })
      .producer({ create: false, batchBytesMax: batchBytes, bufferBytesMax: bufferBytes })
    await producer.open()
    return new BenchPublisher(producer, options)
  }

  /** Records sent. */
  get sentCount(): number {
    return this.#producer.sentCount
  }

  /** Records acknowledged. */
  get acknowledgedCount(): number {
    return this.#producer.acknowledgedCount
  }

  /** Records that were due when it ended and were not sent, because there was no room for them. */
  get unsentCount(): number {
    return this.#unsentCount
  }

  /** When the last acknowledgement came, ms since 1970; 0 before the first. */
  get lastAckMs(): number {
    return this.#lastAckMs
  }

  /** The refusal that the client is waiting out; undefined when all is well. */
  get refusal(): TailraceError | undefined {
    return this.#producer.refusal
  }

  /** Calls `listener` if the producer fails for good. */
  onError(listener: (error: TailraceError) => void): void {
    this.#producer.onError(listener)
  }

  /** Sends the load; resolves when all of it is sent, or at the end of its time. */
  async send(load: Load): Promise<void> {
    const { recordsMax, dueMs } = load
    const stop = AbortSignal.any([load.stop, load.deadline])
    while (this.sentCount < recordsMax && !load.stop.aborted) {
      const hasRoom = dueMs === undefined ? this.#sendMost(recordsMax) : this.#sendDue(load, dueMs)
      if (this.sentCount >= recordsMax) return
      if (load.deadline.aborted && (!hasRoom || dueMs === undefined)) break
      if (!hasRoom) await unlessAborted(this.#producer.ready(), stop)
      else await waitUntil(dueMs?.(this.sentCount), stop)
    }
    if (dueMs !== undefined) this.#unsentCount = countDue(load, dueMs) - this.sentCount
  }

  /** Resolves when everything that was sent is acknowledged; rejects if it never will be. */
  flush(): Promise<void> {
    return this.#producer.flush()
  }

  /**
   * Sends until the buffer is full, which returns false, or all is sent. Not less in a turn of the event
   * loop: each turn ends with a batch that is not full, and here that cost up to half of the throughput.
   */
  #sendMost(recordsMax: number): boolean {
    for (let sinceLook = 0, timeMs = 0; this.sentCount < recordsMax; sinceLook += 1) {
      if (sinceLook % RECORDS_PER_LOOK === 0) timeMs = nowMs()
      if (!this.#sendOne(timeMs)) return false
    }
    return true
  }

  /** Sends what is due by now; false when the buffer is full. */
  #sendDue({ recordsMax }: Load, dueMs: (number: number) => number): boolean {
    const now = nowMs()
    while (this.sentCount < recordsMax) {
      const timeMs = dueMs(this.sentCount)
      if (timeMs > now) return true
      if (!this.#sendOne(timeMs)) return false
    }
    return true
  }

  #sendOne(timeMs: number): boolean {
    this.#record.number = this.sentCount
    this.#record.timeMs = timeMs
    // First the time: an acknowledgement may come at any moment after.
    this.#times.push(timeMs)
    return this.#producer.send(this.#record)
  }
}

/** Without a time, until the next turn of the event loop. */
async function waitUntil(timeMs: number | undefined, stop: AbortSignal): Promise<void> {
  const waitMs = timeMs === undefined ? 0 : timeMs - nowMs() - TIMER_LATE_MS
  if (waitMs < 1) await nextTurn()
  else await unlessAborted(sleep(waitMs), stop)
}

/** How many records are due by now. */
function countDue({ recordsMax }: Load, dueMs: (number: number) => number): number {
  const firstMs = dueMs(0)
  const intervalMs = dueMs(1) - firstMs
  return Math.min(recordsMax, Math.max(0, Math.floor((nowMs() - firstMs) / intervalMs) + 1))
}
