/**
 * Batches as the writes that append them to a file: stamped headers, and the bytes behind them as they are.
 *
 * The headers are made in memory that the next append uses again; what the caller's batches hold stays as it is.
 */
import { BATCH_HEADER_BYTES, commitBatch, readHeaderWord, stampBatch } from '@tailrace/format'
import type { BatchStamp } from '@tailrace/format'

/** The bytes that end with the commit word. */
export const COMMIT_END = 8

/** What the log writes into a batch, and how far the batch reaches. */
export interface BatchPlace {
  readonly baseOffset: number
  /** The offset after the last record of the batch. */
  readonly nextOffset: number
  readonly appendTimeUs: number
  readonly epoch: number
}

/** A batch that is appended. */
export interface PlacedBatch extends BatchPlace {
  /** As it was produced. */
  readonly batch: Uint8Array
}

interface Header {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly commit: Uint8Array
  readonly behindCommit: Uint8Array
}

/** One for each batch of an append; as many as there once were at a time. */
const HEADERS: Header[] = []

/** The fields of a batch that the log writes. */
export function stampOf({ batch, baseOffset, appendTimeUs, epoch }: PlacedBatch): BatchStamp {
  const headerWord = readHeaderWord(batch)
  // One object, made in one go: spreading another into it costs a microsecond here.
  return { headerWord, batchLength: batch.length, baseOffset, appendTimeUs, epoch }
}

/**
 * What is written first, {@link COMMIT_END} bytes behind the place of the first batch, and what is then written
 * at that place and shows all of them. Valid until the next call.
 */
export function writesOf(batches: readonly PlacedBatch[]): {
  readonly behindCommit: readonly Uint8Array[]
  readonly commit: Uint8Array
} {
  const behindCommit = batches.flatMap((placed, at) => {
    const { batch } = placed
    const header = (HEADERS[at] ??= newHeader())
    const stamp = stampOf(placed)
    header.bytes.set(batch.subarray(0, BATCH_HEADER_BYTES))
    stampBatch(header.view, 0, stamp)
    commitBatch(header.view, 0, stamp)
    return [at === 0 ? header.behindCommit : header.bytes, batch.subarray(BATCH_HEADER_BYTES)]
  })
  const [first = newHeader()] = HEADERS
  return { behindCommit, commit: first.commit }
}

function newHeader(): Header {
  const bytes = new Uint8Array(BATCH_HEADER_BYTES)
  return {
    bytes,
    view: new DataView(bytes.buffer),
    commit: bytes.subarray(0, COMMIT_END),
    behindCommit: bytes.subarray(COMMIT_END),
  }
}
