/**
 * The layout of a record batch: places, sizes and limits, nothing else.
 *
 * A descriptor holds no code that reads or writes; `BatchView`, `BatchBuilder` and the inspector
 * share it. Each place is computed from the one before. Specification: docs/format.md.
 *
 * ```
 *   0         1         2         3         4         5         6         7
 *   +---------+---------+---------+---------+---------+---------+---------+---------+
 * 0 |  'T'       'R'    | version | hd words|             batchLength               |
 *   +---------+---------+---------+---------+---------------------------------------+
 * 8 |                                  baseOffset                                 * |
 *   +-------------------------------------------------------------------------------+
 * 16|                                 appendTimeUs                                * |
 *   +---------------------------------------+---------------------------------------+
 * 24|                epoch                * |              headerCheck            * |
 *   +---------------------------------------+-------------------+-------------------+
 * 32|              bodyCheck                |    attributes     |   reserved = 0    |
 *   +---------------------------------------+-------------------+-------------------+
 * 40|             recordCount               |            lastOffsetDelta            |
 *   +---------------------------------------+---------------------------------------+
 * 48|                                 createTimeUs                                  |
 *   +-------------------------------------------------------------------------------+
 * 56|                                  producerId                                   |
 *   +---------------------------------------+-------------------+-------------------+
 * 64|            baseSequence               |   producerEpoch   |   reserved = 0    |
 *   +---------------------------------------+-------------------+-------------------+
 * 72| extension blocks: (header words − 9) × 8 bytes                                |
 *   +-------------------------------------------------------------------------------+
 *   | u32 valueEnd[n]  i32 timeDelta[n]?  u32 keyEnd[n]?  u32 headersEnd[n]?        |
 *   | u32 offsetDelta[n]?                                                           |
 *   +-------------------------------------------------------------------------------+
 *   | all values, then all keys, then all headers, then 0–7 zero bytes              |
 *   +-------------------------------------------------------------------------------+
 *
 *   * written by the log; everything else by the producer
 * ```
 */

import { assert } from '../errors/assertion.js'

/** "TR" read as a little-endian u16. */
export const BATCH_MAGIC = 0x5254
/** The only version there is. */
export const FORMAT_VERSION = 1

/** u16 {@link BATCH_MAGIC}. */
export const MAGIC_AT = 0
/** u8, {@link FORMAT_VERSION}. */
export const FORMAT_VERSION_AT = MAGIC_AT + 2
/** u8, length of the header in words of 8 bytes, extension blocks included. */
export const HEADER_WORDS_AT = FORMAT_VERSION_AT + 1
/** u32, bytes of the whole batch with padding; the commit word: written last. */
export const BATCH_LENGTH_AT = HEADER_WORDS_AT + 1
/** u64, offset of the first record; written by the log. */
export const BASE_OFFSET_AT = BATCH_LENGTH_AT + 4
/** u64, µs since 1970, never decreases within a stream; written by the log. */
export const APPEND_TIME_AT = BASE_OFFSET_AT + 8
/** u32, incarnation of the stream; written by the log. */
export const EPOCH_AT = APPEND_TIME_AT + 8
/** u32, CRC-32 over the header except this field; written by the log. */
export const HEADER_CHECK_AT = EPOCH_AT + 4
/** u32, CRC-32 from {@link ATTRIBUTES_AT} to the end of the batch; made once by the producer. */
export const BODY_CHECK_AT = HEADER_CHECK_AT + 4
/** u16, see the ATTRIBUTE_… bits. */
export const ATTRIBUTES_AT = BODY_CHECK_AT + 4
/** u16, zero. */
export const RESERVED_1_AT = ATTRIBUTES_AT + 2
/** u32, records in the batch, at least 1. */
export const RECORD_COUNT_AT = RESERVED_1_AT + 2
/** u32, offset of the last record minus `baseOffset`, at least `recordCount − 1`. */
export const LAST_OFFSET_DELTA_AT = RECORD_COUNT_AT + 4
/** u64, µs since 1970: the producer's clock, and the base of `timeDelta`. */
export const CREATE_TIME_AT = LAST_OFFSET_DELTA_AT + 4
/** u64, 0 = no producer identity. */
export const PRODUCER_ID_AT = CREATE_TIME_AT + 8
/** u32, sequence number of the first record within the producer; wraps at 2^32. */
export const BASE_SEQUENCE_AT = PRODUCER_ID_AT + 8
/** u16, incarnation of the producer. */
export const PRODUCER_EPOCH_AT = BASE_SEQUENCE_AT + 4
/** u16, zero. */
export const RESERVED_2_AT = PRODUCER_EPOCH_AT + 2
/** Bytes of a header without extension blocks. */
export const BATCH_HEADER_BYTES = RESERVED_2_AT + 2

/** Every batch begins and ends at a multiple of this. */
export const BATCH_ALIGNMENT_BYTES = 8
/** `headerWords` of a header without extension blocks. */
export const HEADER_WORDS = BATCH_HEADER_BYTES / BATCH_ALIGNMENT_BYTES
/** The first four bytes of a batch without extension blocks, as a little-endian u32. */
export const HEADER_WORD =
  BATCH_MAGIC +
  FORMAT_VERSION * 2 ** (FORMAT_VERSION_AT * 8) +
  HEADER_WORDS * 2 ** (HEADER_WORDS_AT * 8)

/** Bytes of one entry of any column. */
export const COLUMN_ENTRY_BYTES = 4

/**
 * The longest batch there is: 16 MiB.
 *
 * A batch is checked and copied as a whole, so its length bounds the work of one turn of the event
 * loop (a few milliseconds) and the memory a peer can ask for with one length field.
 */
export const BATCH_LENGTH_MAX = 16 * 1024 * 1024
/** The shortest batch: one empty record, its end, and the padding. */
export const BATCH_LENGTH_MIN = alignUp(BATCH_HEADER_BYTES + COLUMN_ENTRY_BYTES)

/** Bits 0–2: how columns and payload are compressed; 0 = not at all, others are not yet assigned. */
export const ATTRIBUTE_CODEC_MASK = 0b111
/** Bit 3: there is a `timeDelta` column. */
export const ATTRIBUTE_TIMES = 1 << 3
/** Bit 4: there is a `keyEnd` column. */
export const ATTRIBUTE_KEYS = 1 << 4
/** Bit 5: there is a `headersEnd` column. */
export const ATTRIBUTE_HEADERS = 1 << 5
/** Bit 6: there is an `offsetDelta` column: records were removed from between. */
export const ATTRIBUTE_OFFSETS = 1 << 6
/** Bit 7: the records are the log's own and not for applications. */
export const ATTRIBUTE_CONTROL = 1 << 7
/** Every bit that has a meaning in this version. */
export const ATTRIBUTES_KNOWN =
  ATTRIBUTE_CODEC_MASK |
  ATTRIBUTE_TIMES |
  ATTRIBUTE_KEYS |
  ATTRIBUTE_HEADERS |
  ATTRIBUTE_OFFSETS |
  ATTRIBUTE_CONTROL

assert(BATCH_HEADER_BYTES === 72, 'the batch header has 72 bytes')
assert(BATCH_HEADER_BYTES % BATCH_ALIGNMENT_BYTES === 0, 'the header is whole words')
assert(BATCH_LENGTH_AT % 4 === 0, 'the commit word is stored with one instruction')
assert(BATCH_LENGTH_MAX % BATCH_ALIGNMENT_BYTES === 0, 'the longest batch is aligned')

/** Rounds a length up to the alignment of batches. */
export function alignUp(lengthBytes: number): number {
  return Math.ceil(lengthBytes / BATCH_ALIGNMENT_BYTES) * BATCH_ALIGNMENT_BYTES
}

/** How many columns a batch with these attributes has: `valueEnd` and one for each bit. */
export function columnCount(attributes: number): number {
  return (
    1 +
    ((attributes & ATTRIBUTE_TIMES) === 0 ? 0 : 1) +
    ((attributes & ATTRIBUTE_KEYS) === 0 ? 0 : 1) +
    ((attributes & ATTRIBUTE_HEADERS) === 0 ? 0 : 1) +
    ((attributes & ATTRIBUTE_OFFSETS) === 0 ? 0 : 1)
  )
}
