/** A subscription of the fake server: a place in a log, a stop and a credit. */

import { RequestError } from '@tailrace/format'
import type { DecodedSubscribeRequest, EndNotice, GapNotice } from '@tailrace/protocol'

import type { FakeLog, StoredBatch } from './fake-log.js'

type Delivery =
  | { readonly kind: 'run'; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly gap: GapNotice }
  | { readonly kind: 'caught-up'; readonly offset: number }
  | { readonly kind: 'end'; readonly end: EndNotice }

/** Batches of one DELIVER: small, so that runs end in many places. */
const RUN_BATCHES_MAX = 3

export class FakeSubscription {
  readonly startOffset: number
  readonly stopOffset: number | undefined
  readonly #log: FakeLog
  #nextOffset: number
  #sentBytes = 0
  #limitBytes: number
  #isCaughtUp = false

  constructor(log: FakeLog, request: DecodedSubscribeRequest) {
    this.#log = log
    if (request.epoch !== undefined && request.epoch !== log.epoch) {
      throw new RequestError('EPOCH_MISMATCH', `epoch is ${log.epoch}, known is ${request.epoch}`, {
        details: { knownEpoch: request.epoch, actualEpoch: log.epoch },
      })
    }
    this.startOffset = this.#resolve(request)
    this.stopOffset = this.#stopOf(request)
    this.#nextOffset = this.startOffset
    this.#limitBytes = request.creditBytes
  }

  allow(limitBytes: number): void {
    this.#limitBytes = Math.max(this.#limitBytes, limitBytes)
  }

  /** Bytes sent so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  next(): Delivery | undefined {
    const { startOffset, endOffset } = this.#log
    const offset = this.#nextOffset
    if (this.stopOffset !== undefined && offset >= this.stopOffset) {
      return { kind: 'end', end: { reason: 'stop', offset } }
    }
    if (offset < startOffset) {
      this.#nextOffset = startOffset
      return { kind: 'gap', gap: { from: offset, to: startOffset, reason: 'retention' } }
    }
    if (offset >= endOffset) {
      if (this.#isCaughtUp) return undefined
      this.#isCaughtUp = true
      return { kind: 'caught-up', offset: endOffset }
    }
    return this.#run()
  }

  #run(): Delivery | undefined {
    const run: StoredBatch[] = []
    let size = 0
    const first = this.#log.batches.findIndex(({ endOffset }) => endOffset > this.#nextOffset)
    for (const batch of this.#log.batches.slice(first)) {
      const sent = this.#sentBytes + size
      const fits =
        run.length === 0
          ? sent < this.#limitBytes
          : sent + batch.bytes.byteLength <= this.#limitBytes
      if (!fits || run.length === RUN_BATCHES_MAX) break
      if (this.stopOffset !== undefined && batch.baseOffset >= this.stopOffset) break
      run.push(batch)
      size += batch.bytes.byteLength
    }
    const last = run.at(-1)
    if (last === undefined) return undefined
    this.#isCaughtUp = false
    this.#nextOffset = last.endOffset
    this.#sentBytes += size
    return {
      kind: 'run',
      bytes: concat(
        run.map(({ bytes }) => bytes),
        size,
      ),
    }
  }

  #resolve({ from, onOutOfRange }: DecodedSubscribeRequest): number {
    const { name, startOffset, endOffset, batches } = this.#log
    if ('first' in from) return startOffset
    if ('next' in from) return endOffset
    if ('last' in from) return Math.max(startOffset, endOffset - from.last)
    if ('timestampUs' in from) {
      const found = batches.find(({ appendTimeUs }) => appendTimeUs >= from.timestampUs)
      return found?.baseOffset ?? endOffset
    }
    const { offset } = from
    if (offset >= startOffset && offset <= endOffset) return offset
    if (onOutOfRange === 'clamp') return Math.min(Math.max(offset, startOffset), endOffset)
    throw new RequestError('OFFSET_OUT_OF_RANGE', `offset ${offset} is out of range`, {
      details: { stream: name, offset, startOffset, endOffset },
    })
  }

  #stopOf({ stop }: DecodedSubscribeRequest): number | undefined {
    if (stop === undefined) return undefined
    if ('offset' in stop) return stop.offset
    if ('count' in stop) return this.startOffset + stop.count
    if ('atEnd' in stop) return this.#log.endOffset
    const found = this.#log.batches.find(({ appendTimeUs }) => appendTimeUs >= stop.timestampUs)
    return found?.baseOffset
  }
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}
