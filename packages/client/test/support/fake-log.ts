/**
 * A stream of the fake server: stored batches, producers, nothing else.
 *
 * Keeps what a client can tell apart: offsets, sequences, epochs, bounds. Everything is in memory and
 * happens at once.
 */

import { BatchView, commitBatch, RequestError, readHeaderWord, stampBatch } from '@tailrace/format'
import { NO_SEQUENCE, OFFSET_UNKNOWN, type StreamInfo } from '@tailrace/protocol'

export interface StoredBatch {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly baseOffset: number
  readonly endOffset: number
  readonly appendTimeUs: number
}

interface KnownProducer {
  epoch: number
  nextSequence: number
  readonly stored: Map<number, number>
}

export class FakeLog {
  readonly name: string
  epoch = 1
  startOffset = 0
  endOffset = 0
  batches: StoredBatch[] = []
  readonly producers = new Map<number, KnownProducer>()
  /** How many stored batches of each producer are remembered with their offsets. */
  rememberedBatchesMax = Infinity
  #timeUs = 1_000_000

  constructor(name: string) {
    this.name = name
  }

  /** Opens a producer, fencing whoever had it. */
  openProducer(producerId: number): { producerEpoch: number; lastSequence: number } {
    const known = this.producers.get(producerId) ?? { epoch: 0, nextSequence: 0, stored: new Map() }
    known.epoch += 1
    this.producers.set(producerId, known)
    const lastSequence = known.nextSequence === 0 ? NO_SEQUENCE : known.nextSequence - 1
    return { producerEpoch: known.epoch, lastSequence }
  }

  /** Stores a produced batch, unless it is there already. */
  append(batch: Uint8Array): { baseOffset: number; isDuplicate: boolean } {
    const view = new BatchView(batch)
    const producer = this.producers.get(view.producerId)
    if (producer?.epoch !== view.producerEpoch) {
      throw new RequestError('FENCED', `producer epoch ${view.producerEpoch} is not the latest`)
    }
    if (view.baseSequence < producer.nextSequence) {
      const baseOffset = producer.stored.get(view.baseSequence) ?? OFFSET_UNKNOWN
      return { baseOffset, isDuplicate: true }
    }
    if (view.baseSequence > producer.nextSequence) {
      throw new RequestError('OUT_OF_SEQUENCE', `sequence ${view.baseSequence} leaves a hole`)
    }
    const baseOffset = this.endOffset
    producer.nextSequence += view.recordCount
    producer.stored.set(view.baseSequence, baseOffset)
    for (const sequence of producer.stored.keys()) {
      if (producer.stored.size <= this.rememberedBatchesMax) break
      producer.stored.delete(sequence)
    }
    this.store(batch)
    return { baseOffset, isDuplicate: false }
  }

  /** Stamps a copy of a batch and puts it at the end. */
  store(batch: Uint8Array): void {
    const { batchLength, recordCount } = new BatchView(batch)
    const bytes = new Uint8Array(batchLength)
    bytes.set(batch.subarray(8, batchLength), 8)
    this.#timeUs += 1000
    const stamp = {
      headerWord: readHeaderWord(batch),
      batchLength,
      baseOffset: this.endOffset,
      appendTimeUs: this.#timeUs,
      epoch: this.epoch,
    }
    const target = new DataView(bytes.buffer)
    stampBatch(target, 0, stamp)
    commitBatch(target, 0, stamp)
    const endOffset = this.endOffset + recordCount
    this.batches.push({
      bytes,
      baseOffset: this.endOffset,
      endOffset,
      appendTimeUs: this.#timeUs,
    })
    this.endOffset = endOffset
  }

  /** Drops whole batches below `offset`, as retention does. */
  trim(offset: number): void {
    this.batches = this.batches.filter((batch) => batch.endOffset > offset)
    this.startOffset = this.batches[0]?.baseOffset ?? this.endOffset
  }

  info(): StreamInfo {
    return {
      stream: this.name,
      streamId: '0123456789abcdef0123456789abcdef',
      epoch: this.epoch,
      durability: 'fsync',
      startOffset: this.startOffset,
      endOffset: this.endOffset,
      durableOffset: this.endOffset,
      visibleOffset: this.endOffset,
      sizeBytes: this.batches.reduce((sum, { bytes }) => sum + bytes.byteLength, 128),
      segmentCount: 1,
      createdUs: 1_000_000,
      lastAppendUs: this.batches.at(-1)?.appendTimeUs ?? null,
      config: {
        durability: 'fsync',
        flushIntervalMs: 1000,
        segmentBytesMax: 64 * 1024 * 1024,
        retentionBytes: null,
        retentionMs: null,
        retentionRecords: null,
      },
    }
  }
}
