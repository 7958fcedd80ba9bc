/** Batches for micro benches: valid, and the same in every run. */
import { BatchBuilder, commitBatch, readHeaderWord, stampBatch } from '@tailrace/format'
import { someBytes } from './micro.js'

const CREATE_TIME_US = 1_700_000_000_000_000

/** What is in it. */
export interface SampleShape {
  readonly records: number
  readonly recordBytes: number
}

/** A batch as a producer built it. */
export function producedBatch({ records, recordBytes }: SampleShape): Uint8Array {
  const builder = new BatchBuilder()
  const source = someBytes(records * recordBytes)
  for (let at = 0; at < source.length; at += recordBytes) {
    builder.appendRange(source, at, at + recordBytes)
  }
  return builder.build({ createTimeUs: CREATE_TIME_US })
}

/** `count` batches as the log stores them, one after another, with dense offsets from 0. */
export function storedBatches(shape: SampleShape, count: number): Uint8Array {
  const batch = producedBatch(shape)
  const commit = { headerWord: readHeaderWord(batch), batchLength: batch.length }
  const bytes = new Uint8Array(batch.length * count)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < count; at += 1) {
    const position = at * batch.length
    bytes.set(batch.subarray(8), position + 8)
    const baseOffset = at * shape.records
    stampBatch(view, position, { ...commit, baseOffset, appendTimeUs: CREATE_TIME_US, epoch: 1 })
    commitBatch(view, position, commit)
  }
  return bytes
}
