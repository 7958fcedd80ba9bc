/** Batches as a producer makes them. */

import { BatchBuilder } from '@tailrace/format'
import type { OpenProducerReply } from '@tailrace/protocol'

const CREATE_TIME_US = 1_700_000_000_000_000

/** Whose batch, and what is in it. */
export interface BatchSpec {
  readonly producer: Pick<OpenProducerReply, 'producerId' | 'producerEpoch'>
  /** Sequence of the first record. */
  readonly sequence: number
  readonly values: readonly string[]
}

/** Builds a batch. */
export function makeBatch({ producer, sequence, values }: BatchSpec): Uint8Array {
  const builder = new BatchBuilder()
  for (const value of values) builder.append(new TextEncoder().encode(value))
  return builder.build({
    createTimeUs: CREATE_TIME_US,
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    baseSequence: sequence,
  })
}

/** A series of batches of `recordCount` records each, whose values take `valueBytes`. */
export function makeBatches(
  producer: BatchSpec['producer'],
  count: number,
  { recordCount = 1, valueBytes = 16, sequence = 0 } = {},
): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const first = sequence + index * recordCount
    const values = Array.from({ length: recordCount }, (__, at) =>
      String(first + at).padEnd(valueBytes, '.'),
    )
    return makeBatch({ producer, sequence: first, values })
  })
}
