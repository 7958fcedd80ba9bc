/**
 * A stream in memory with the shape of the server's storage port, and the faults that a test asks for.
 *
 * As simple as can be: one byte array, linear searches, no segments. What core decides asynchronously (a
 * group commit, a segment that is being prepared) is here in the hands of the test.
 */

import {
  BatchView,
  commitBatch,
  readHeaderWord,
  RequestError,
  stampBatch,
  StorageError,
  type TailraceError,
} from '@tailrace/format'
import type {
  AppendResult,
  BatchRun,
  LogDescription,
  OutOfRange,
  ProducerHandle,
  StartPosition,
  StreamConfig,
} from '@tailrace/core'

import type { StreamLog, StreamReader } from '../../src/index.js'

const BYTES_MIN = 64 * 1024

interface StoredBatch {
  readonly position: number
  readonly length: number
  readonly baseOffset: number
  readonly endOffset: number
  readonly appendTimeUs: number
}

interface KnownProducer {
  epoch: number
  lastSequence: number
  lastOffset: number
}

/** One stream in memory. */
export class MemoryLog implements StreamLog {
  readonly name: string
  readonly epoch: number
  readonly config: StreamConfig
  /** Whether `fsync` appends become durable by themselves, at the end of the turn. */
  syncsByItself = true
  /** Appends are taken as long as this is true. */
  hasRoom = true
  /** What a reader that comes to an offset meets instead of the record. */
  readonly faults = new Map<number, TailraceError>()
  /** How often `onVisible` and `onDurable` listeners are registered now. */
  listenerCount = 0
  /** Batches that reached the log, duplicates included. */
  appendCount = 0
  failure: TailraceError | undefined
  isClosed = false
  startOffset = 0
  endOffset = 0
  durableOffset = 0
  readonly batches: StoredBatch[] = []
  #bytes = new Uint8Array(BYTES_MIN)
  #size = 0
  #clockUs = 1_000_000
  #isSyncScheduled = false
  readonly #producers = new Map<number, KnownProducer>()
  readonly #visible = new Set<() => void>()
  readonly #durable = new Set<() => void>()
  #roomWaiters: { resolve: () => void; reject: (error: Error) => void }[] = []

  constructor(name: string, epoch: number, config: StreamConfig) {
    this.name = name
    this.epoch = epoch
    this.config = config
  }

  get visibleOffset(): number {
    return this.config.durability === 'relaxed' ? this.endOffset : this.durableOffset
  }

  /** Everything stored, in one piece. */
  get stored(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  hasRoomFor(): boolean {
    return this.hasRoom
  }

  makeRoom(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (this.hasRoom) return Promise.resolve()
    return new Promise((resolve, reject) => this.#roomWaiters.push({ resolve, reject }))
  }

  /** Ends the shortage of room, for those who wait too. */
  giveRoom(): void {
    this.hasRoom = true
    for (const waiter of this.#roomWaiters.splice(0)) waiter.resolve()
  }

  /** Tells those who wait for room that there will be none. */
  refuseRoom(error: Error): void {
    for (const waiter of this.#roomWaiters.splice(0)) waiter.reject(error)
  }

  /** Sets the append time of what comes. */
  setClock(clockUs: number): void {
    this.#clockUs = clockUs
  }

  appendBatch(batch: Uint8Array): AppendResult {
    if (this.failure !== undefined) throw this.failure
    if (!this.hasRoom) throw new Error('appended without room')
    this.appendCount += 1
    const view = new BatchView(batch)
    const duplicate = this.#duplicateOf(view)
    if (duplicate !== undefined) return duplicate
    const { recordCount, batchLength, producerId, lastSequence } = view
    const baseOffset = this.endOffset
    const endOffset = baseOffset + recordCount
    this.#store(batch, baseOffset)
    this.batches.push({
      position: this.#size,
      length: batchLength,
      baseOffset,
      endOffset,
      appendTimeUs: this.#clockUs,
    })
    this.#size += batchLength
    this.endOffset = endOffset
    const producer = this.#producers.get(producerId)
    if (producer !== undefined) {
      producer.lastSequence = lastSequence
      producer.lastOffset = endOffset - 1
    }
    if (this.config.durability === 'relaxed') this.#tell(this.#visible)
    else this.#scheduleSync()
    return { baseOffset, endOffset, isDuplicate: false }
  }

  openProducer(identity: { readonly name?: string; readonly producerId?: number }): ProducerHandle {
    if (this.failure !== undefined) throw this.failure
    const producerId =
      identity.producerId ??
      (identity.name === undefined ? this.#producers.size + 1_000_000 : nameId(identity.name))
    const known = this.#producers.get(producerId) ?? { epoch: 0, lastSequence: -1, lastOffset: -1 }
    known.epoch += 1
    this.#producers.set(producerId, known)
    return { producerId, producerEpoch: known.epoch, lastSequence: known.lastSequence }
  }

  resolveOffset(
    from: StartPosition,
    { onOutOfRange = 'strict' }: { readonly onOutOfRange?: OutOfRange | undefined } = {},
  ): number {
    const { startOffset, visibleOffset } = this
    if (from === 'first') return startOffset
    if (from === 'next') return visibleOffset
    if (typeof from === 'object') {
      if ('last' in from) return Math.max(startOffset, visibleOffset - from.last)
      return this.offsetForTimestamp(from.timestampUs) ?? visibleOffset
    }
    if (from >= startOffset && from <= visibleOffset) return from
    if (onOutOfRange === 'clamp') return Math.min(Math.max(from, startOffset), visibleOffset)
    throw this.#outOfRange(from)
  }

  offsetForTimestamp(timestampUs: number): number | undefined {
    const batch = this.batches.find((stored) => stored.appendTimeUs >= timestampUs)
    if (batch === undefined || batch.baseOffset >= this.visibleOffset) return undefined
    return Math.max(this.startOffset, batch.baseOffset)
  }

  reader(offset: number): StreamReader {
    return new MemoryReader(this, offset)
  }

  onVisible(listener: () => void): () => void {
    return this.#listen(this.#visible, listener)
  }

  onDurable(listener: () => void): () => void {
    return this.#listen(this.#durable, listener)
  }

  describe(): LogDescription {
    const { name, epoch, config, startOffset, endOffset, durableOffset, visibleOffset } = this
    return {
      name,
      streamId: epoch.toString(16).padStart(32, '0'),
      epoch,
      config,
      createdUs: 1,
      startOffset,
      endOffset,
      durableOffset,
      visibleOffset,
      sizeBytes: this.#size,
      segmentCount: 1,
      lastAppendUs: this.batches.at(-1)?.appendTimeUs ?? null,
    }
  }

  /** Makes everything appended durable. */
  sync(upTo = this.endOffset): void {
    this.durableOffset = upTo
    this.#tell(this.#durable)
    if (this.config.durability === 'fsync') this.#tell(this.#visible)
  }

  /** Fails the log: nothing more is appended or becomes durable. */
  poison(): void {
    this.failure = new StorageError('STREAM_POISONED', `a sync of stream "${this.name}" failed`)
    this.#tell(this.#durable)
  }

  /** Gives up the records below an offset. */
  trim(beforeOffset: number): void {
    this.startOffset = beforeOffset
  }

  /** Closes the log. */
  closeLog(reason: string): void {
    this.isClosed = true
    this.failure = new StorageError('STREAM_CLOSED', `stream "${this.name}" was ${reason}`)
    this.#tell(this.#visible)
    this.#tell(this.#durable)
  }

  /** The range of the batch that holds an offset. */
  indexOf(offset: number): number {
    return this.batches.findIndex((batch) => batch.endOffset > offset)
  }

  assertReadable(offset: number): void {
    if (this.isClosed) throw this.failure ?? new Error('closed without a reason')
    if (offset < this.startOffset) throw this.#outOfRange(offset)
    const fault = this.faults.get(offset)
    if (fault !== undefined) throw fault
  }

  #store(batch: Uint8Array, baseOffset: number): void {
    if (this.#size + batch.byteLength > this.#bytes.byteLength) {
      const larger = new Uint8Array(
        Math.max(this.#bytes.byteLength * 2, this.#size + batch.byteLength),
      )
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(batch, this.#size)
    const target = new DataView(this.#bytes.buffer)
    const commit = { headerWord: readHeaderWord(batch), batchLength: batch.byteLength }
    const { epoch } = this
    stampBatch(target, this.#size, { ...commit, baseOffset, epoch, appendTimeUs: this.#clockUs })
    commitBatch(target, this.#size, commit)
  }

  #duplicateOf(view: BatchView): AppendResult | undefined {
    const producer = this.#producers.get(view.producerId)
    if (producer === undefined) return undefined
    if (producer.epoch !== view.producerEpoch) {
      throw new RequestError('FENCED', `producer ${view.producerId} was opened again`)
    }
    const expectedSequence = producer.lastSequence + 1
    if (view.baseSequence === expectedSequence) return undefined
    if (view.lastSequence > producer.lastSequence) {
      throw new RequestError('OUT_OF_SEQUENCE', 'records are missing', {
        details: { expectedSequence, actualSequence: view.baseSequence },
      })
    }
    // Only the latest batch is remembered.
    const isLatest = view.lastSequence === producer.lastSequence
    const endOffset = isLatest ? producer.lastOffset + 1 : -1
    return {
      baseOffset: isLatest ? endOffset - view.recordCount : -1,
      endOffset,
      isDuplicate: true,
    }
  }

  #scheduleSync(): void {
    if (!this.syncsByItself || this.#isSyncScheduled) return
    this.#isSyncScheduled = true
    setImmediate(() => {
      this.#isSyncScheduled = false
      if (this.failure === undefined) this.sync()
    })
  }

  #listen(listeners: Set<() => void>, listener: () => void): () => void {
    listeners.add(listener)
    this.listenerCount += 1
    return () => {
      if (listeners.delete(listener)) this.listenerCount -= 1
    }
  }

  #tell(listeners: ReadonlySet<() => void>): void {
    for (const listener of [...listeners]) listener()
  }

  #outOfRange(offset: number): RequestError {
    const { name: stream, startOffset, visibleOffset: endOffset } = this
    return new RequestError(
      'OFFSET_OUT_OF_RANGE',
      `offset ${offset} is outside of stream "${stream}"`,
      {
        details: { stream, offset, startOffset, endOffset },
      },
    )
  }
}

class MemoryReader implements StreamReader {
  readonly #log: MemoryLog
  #nextOffset: number

  constructor(log: MemoryLog, offset: number) {
    this.#log = log
    this.#nextOffset = offset
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  seek(offset: number): void {
    this.#nextOffset = offset
  }

  next(maxBytes: number): BatchRun | undefined {
    const log = this.#log
    log.assertReadable(this.#nextOffset)
    if (this.#nextOffset >= log.visibleOffset) return undefined
    const first = log.indexOf(this.#nextOffset)
    const start = log.batches[first]
    if (start === undefined) return undefined
    let last = start
    let bytes = start.length
    for (const batch of log.batches.slice(first + 1)) {
      if (batch.endOffset > log.visibleOffset || bytes + batch.length > maxBytes) break
      if (log.faults.has(batch.baseOffset)) break
      last = batch
      bytes += batch.length
    }
    this.#nextOffset = last.endOffset
    return {
      bytes: log.stored.subarray(start.position, start.position + bytes),
      baseOffset: start.baseOffset,
      endOffset: last.endOffset,
    }
  }
}

function nameId(name: string): number {
  let id = 7
  for (const byte of new TextEncoder().encode(name)) id = (id * 31 + byte) % 1_000_003
  return id
}
