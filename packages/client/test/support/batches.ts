/** Stored batches, made as a log makes them. */

import { BatchBuilder } from '@tailrace/format'

import { type FakeLog } from './fake-log.js'

const encoder = new TextEncoder()

/** A produced batch of text values. */
export function producedBatch(values: readonly string[]): Uint8Array<ArrayBuffer> {
  const builder = new BatchBuilder()
  for (const value of values) builder.append(encoder.encode(value))
  return builder.build({ createTimeUs: 1 })
}

/** A log with batches of the given sizes; the value at each offset is the offset in digits. */
export function filledLog(log: FakeLog, batchSizes: readonly number[]): FakeLog {
  for (const size of batchSizes) {
    const first = log.endOffset
    log.store(producedBatch(Array.from({ length: size }, (_, i) => String(first + i))))
  }
  return log
}

/** Bytes of several batches, one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}
