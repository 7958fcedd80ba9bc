/** Batches for tests of the list, without a server and without bytes. */

import type { KeptBatch } from '../../../src/tail/kept-batch.js'

const NOTHING = new Uint8Array()

/** A batch of `count` records from `baseOffset`, every `step`th offset present. */
export function fakeBatch(
  baseOffset: number,
  count: number,
  { step = 1, sizeBytes = 100 }: { readonly step?: number; readonly sizeBytes?: number } = {},
): KeptBatch {
  return {
    facts: {
      baseOffset,
      lastOffset: baseOffset + (count - 1) * step,
      recordCount: count,
      sizeBytes,
      epoch: 1,
      appendTimeUs: 1_000_000,
      producerId: 0,
      producerEpoch: 0,
      baseSequence: 0,
    },
    offset: (index) => baseOffset + index * step,
    timeUs: () => 999_000,
    value: () => NOTHING,
    key: () => undefined,
    headers: () => undefined,
  }
}
