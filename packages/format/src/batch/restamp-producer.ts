/**
 * Gives a batch that was built, and perhaps sent, to another incarnation of its producer.
 *
 * A client keeps unacknowledged batches as bytes. When it comes back under a new producer epoch, it
 * sends the same records again with new producer fields.
 */

import { crc32 } from '#crc32'
import { ATTRIBUTES_AT, BATCH_LENGTH_AT, BODY_CHECK_AT } from './batch-descriptor.js'
import { type ProducerStamp, checkProducer, writeProducer } from './batch-builder.js'
import { checkProducedBatch } from './batch-inspector.js'

/**
 * Rewrites the producer fields and `bodyCheck` of the batch at the start of `batch`, in place.
 *
 * The old `bodyCheck` is verified first, so that damage in memory does not get a fresh checksum.
 * `headerCheck` is left as it is: this is for batches that the log has not stamped. O(length).
 *
 * @throws {FormatError} as `checkProducedBatch`, when the batch is not valid
 * @throws {RangeError} when a producer field is out of its range
 */
export function restampProducer(batch: Uint8Array, producer: ProducerStamp): void {
  const fields = checkProducer(producer)
  checkProducedBatch(batch, 0, batch.length)
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  writeProducer(view, fields)
  const batchLength = view.getUint32(BATCH_LENGTH_AT, true)
  view.setUint32(BODY_CHECK_AT, crc32(batch, ATTRIBUTES_AT, batchLength), true)
}
