/** Builds one batch of records that were given one by one. */
import type { BatchBuilder } from '@tailrace/format'
import type { RecordInput } from './log-types.js'

const encoder = new TextEncoder()

/**
 * Encodes one record or several as one batch; the builder is empty before and after. The bytes are the
 * builder's and change with its next batch.
 *
 * @throws {RangeError} for no records. @throws {RequestError} BATCH_TOO_LARGE.
 */
export function encodeRecords(
  builder: BatchBuilder,
  records: RecordInput | readonly RecordInput[],
  createTimeUs: number,
): Uint8Array {
  try {
    for (const record of isList(records) ? records : [records]) {
      const { value, key, headers, timeUs } = record
      const isPlain = key === undefined && headers === undefined && timeUs === undefined
      builder.append(
        bytesOf(value),
        isPlain
          ? undefined
          : { key: key === undefined ? undefined : bytesOf(key), headers, timeUs },
      )
    }
    return builder.buildShared({ createTimeUs })
  } finally {
    builder.clear()
  }
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(records: RecordInput | readonly RecordInput[]): records is readonly RecordInput[] {
  return Array.isArray(records)
}

/** The bytes of a value or key. */
export function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? encoder.encode(value) : value
}
