/**
 * Fetches one record that is not among the rows: a link named it, or it has left the list.
 */

import { DeliveredBatch } from './delivered-batch.js'
import type { KeptBatch } from './kept-batch.js'
import type { TailSource } from './tail-reader.js'

/** A batch is always delivered whole, so the least credit fetches one batch and nothing more. */
const WINDOW_BYTES = 1

/**
 * Fetches the record at `offset`; undefined when there is none yet. Rejects when the stream does not
 * reach there, or does not exist.
 */
export async function fetchRecord(
  stream: TailSource,
  offset: number,
): Promise<{ readonly batch: KeptBatch; readonly index: number } | undefined> {
  const options = { from: offset, to: 'end', windowBytes: WINDOW_BYTES } as const
  for await (const batch of stream.subscribe(options).batches()) {
    if (batch.view.offset(batch.firstIndex) !== offset) return undefined
    return { batch: new DeliveredBatch(batch), index: batch.firstIndex }
  }
  return undefined
}
