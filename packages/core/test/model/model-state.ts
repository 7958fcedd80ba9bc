/**
 * The model: what a log must hold, as a plain array; and the real thing beside it.
 *
 * The model knows nothing of segments, syncs or files. What only the real log can say (which whole
 * segments retention gave up) is read from it and checked against the rules instead.
 */

import { rmSync } from 'node:fs'
import { expect } from 'vitest'
import {
  openStore,
  type Log,
  type LogRecord,
  type ProducerHandle,
  type RecordInput,
  type Store,
  type StreamConfigInput,
} from '../../src/index.js'
import { copyDirectory, segmentBytes } from '../support/files.js'
import { ManualClock } from '../support/manual-clock.js'
import { ObservedStorage } from '../support/observed-storage.js'
import { copyOf, expectRecords } from '../support/records.js'
import { Follower } from './follower.js'

export const STREAM = 'model'

/** A batch that a producer has sent. */
interface SentBatch {
  readonly bytes: Uint8Array
  readonly baseSequence: number
  readonly baseOffset: number
  readonly recordCount: number
}

/** What the model knows of a named producer. */
export interface ModelProducer {
  handle: ProducerHandle
  nextSequence: number
  readonly sent: SentBatch[]
}

export class Model {
  /** Every record ever appended; the index is the offset. */
  readonly records: LogRecord[] = []
  startOffset = 0
  lastAppendTimeUs = 0
  readonly producers = new Map<string, ModelProducer>()

  get endOffset(): number {
    return this.records.length
  }

  /** The records a reader gets from an offset on. */
  from(offset: number): LogRecord[] {
    return this.records.slice(offset)
  }

  /** Takes note of an appended batch: the log stamps one append time, and each record's own or this. */
  append(inputs: readonly RecordInput[], times: { createUs: number; clockUs: number }): void {
    this.lastAppendTimeUs = Math.max(this.lastAppendTimeUs, times.clockUs)
    for (const { value, key, headers, timeUs } of inputs) {
      this.records.push({
        offset: this.records.length,
        value: bytesOf(value),
        key: noneIfEmpty(key === undefined ? undefined : bytesOf(key)),
        headers: noneIfEmpty(headers),
        timeUs: timeUs ?? times.createUs,
        appendTimeUs: this.lastAppendTimeUs,
      })
    }
  }

  /** The first retained record appended at or after a time, the end if there is none. */
  offsetAt(timestampUs: number): number {
    const found = this.records.findIndex(
      ({ offset, appendTimeUs }) => offset >= this.startOffset && appendTimeUs >= timestampUs,
    )
    return found < 0 ? this.endOffset : found
  }
}

/** The real log under test, and what it stands on. */
export class Real {
  readonly clock: ManualClock
  readonly #config: StreamConfigInput
  #parent: string
  #generation = 0
  root: string
  storage: ObservedStorage
  store: Store
  log: Log
  follower: Follower

  private constructor(
    home: { readonly parent: string; readonly config: StreamConfigInput },
    opened: Opened,
    clock: ManualClock,
  ) {
    this.#parent = home.parent
    this.#config = home.config
    this.clock = clock
    this.root = opened.root
    this.storage = opened.storage
    this.store = opened.store
    this.log = opened.log
    this.follower = new Follower(opened.log, 0)
  }

  static async open(parent: string, config: StreamConfigInput): Promise<Real> {
    const clock = new ManualClock()
    const opened = await openAt(`${parent}/0`, config, clock)
    return new Real({ parent, config }, opened, clock)
  }

  /** Closes as a program does, opens again. */
  async reopen(): Promise<void> {
    await this.store.close()
    await this.#openAt(this.root)
  }

  /**
   * Opens what a process killed now would leave: a copy of the files as they are in the page cache,
   * taken while the store is open. Waits for work in flight, because a copy is not a moment.
   */
  async reopenKilled(): Promise<void> {
    await this.storage.quiet()
    this.#generation += 1
    const copy = copyDirectory(this.root, `${this.#parent}/${String(this.#generation)}`)
    await this.store.close()
    rmSync(this.root, { recursive: true })
    await this.#openAt(copy)
  }

  async #openAt(root: string): Promise<void> {
    const resumeAt = this.follower.nextOffset
    await this.follower.ended
    const opened = await openAt(root, this.#config, this.clock)
    this.root = opened.root
    this.storage = opened.storage
    this.store = opened.store
    this.log = opened.log
    this.follower = new Follower(opened.log, resumeAt)
  }

  /** What holds at all times, and that the follower has seen everything. */
  async check(model: Model): Promise<void> {
    const { log } = this
    expect(log.failure).toBeUndefined()
    await this.follower.caughtUp(model.endOffset)
    expectRecords(this.follower.take(), model.from(this.follower.takenFrom))
    await this.storage.quiet()
    this.checkRetained(model)
    expect(log.endOffset).toBe(model.endOffset)
    expect(log.durableOffset).toBeLessThanOrEqual(log.endOffset)
    expect(log.visibleOffset).toBe(
      log.config.durability === 'relaxed' ? log.endOffset : log.durableOffset,
    )
    const description = log.describe()
    expect(description).toMatchObject({
      name: STREAM,
      startOffset: model.startOffset,
      endOffset: model.endOffset,
      durableOffset: log.durableOffset,
      visibleOffset: log.visibleOffset,
      sizeBytes: segmentBytes(this.root, STREAM),
    })
    if (model.endOffset > model.startOffset)
      expect(description.lastAppendUs).toBe(model.lastAppendTimeUs)
  }

  /**
   * Retention runs behind every roll, so the start may have moved: forwards, only if the stream has a
   * bound, and over nothing that is young where age is the only bound. The model takes it over.
   */
  checkRetained(model: Model): void {
    const { startOffset, config } = this.log
    const { retentionBytes, retentionMs, retentionRecords } = config
    expect(startOffset).toBeGreaterThanOrEqual(model.startOffset)
    if (retentionRecords !== null) {
      // To the record: neither more nor fewer.
      model.startOffset = Math.max(model.startOffset, this.log.durableOffset - retentionRecords)
      expect(startOffset).toBe(model.startOffset)
    }
    const removed = model.records.slice(model.startOffset, startOffset)
    if (retentionBytes === null && retentionMs === null) expect(removed).toEqual([])
    if (retentionBytes === null && retentionMs !== null) {
      const endOfYouth = this.clock.now - retentionMs * 1000
      expect(removed.filter(({ appendTimeUs }) => appendTimeUs >= endOfYouth)).toEqual([])
    }
    model.startOffset = startOffset
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.follower.ended
  }
}

interface Opened {
  readonly root: string
  readonly storage: ObservedStorage
  readonly store: Store
  readonly log: Log
}

async function openAt(
  root: string,
  config: StreamConfigInput,
  clock: ManualClock,
): Promise<Opened> {
  const storage = new ObservedStorage(root)
  await storage.createDirectory('')
  // One sealed segment stays mapped: each reader that goes on to another one lets it go.
  const store = await openStore(root, { storage, clock, mappedBytesMax: 1 })
  return { root, storage, store, log: await store.ensure(STREAM, config) }
}

/** Reads everything from a start, copied. */
export async function readFrom(log: Log, from: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read({ from })) records.push(copyOf(record))
  return records
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value
}

function noneIfEmpty(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}
