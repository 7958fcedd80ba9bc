/**
 * The layout of an index file: places and sizes, nothing else. Specification: docs/format.md.
 *
 * ```
 *   0         1         2         3         4         5         6         7
 *   +-------------------------------------------------------------------------------+
 * 0 |                                 "TRINDEX1"                                    |
 *   +-------------------------------------------------------------------------------+
 * 8 |                                 baseOffset                                    |
 *   +-------------------------------------------------------------------------------+
 * 16|                                 endOffset                                     |
 *   +---------------------------------------+---------------------------------------+
 * 24|            dataEndPosition            |               batchCount              |
 *   +---------------------------------------+---------------------------------------+
 * 32|              recordCount              |               entryCount              |
 *   +---------------------------------------+---------------------------------------+
 * 40|                             firstAppendTimeUs                                 |
 *   +-------------------------------------------------------------------------------+
 * 48|                              lastAppendTimeUs                                 |
 *   +---------------------------------------+---------------------------------------+
 * 56|              entriesCheck             |           check over [0, 60)          |
 *   +---------------------------------------+---------------------------------------+
 * 64| entries, 16 bytes each                                                        |
 *
 *   entry
 *   +---------------------------------------+---------------------------------------+
 * 0 |            relativeOffset             |                position               |
 *   +---------------------------------------+---------------------------------------+
 * 8 |                               appendTimeUs                                    |
 *   +-------------------------------------------------------------------------------+
 * ```
 */

import { assert } from '../errors/assertion.js'

/** "TRINDEX1" in ASCII; the last character is the version. */
export const INDEX_MAGIC: readonly number[] = [0x54, 0x52, 0x49, 0x4e, 0x44, 0x45, 0x58, 0x31]

/** 8 bytes, {@link INDEX_MAGIC}. */
export const INDEX_MAGIC_AT = 0
/** u64, base offset of the segment. */
export const INDEX_BASE_OFFSET_AT = INDEX_MAGIC_AT + 8
/** u64, the offset behind the segment's last record. */
export const INDEX_END_OFFSET_AT = INDEX_BASE_OFFSET_AT + 8
/** u32, position behind the segment's last batch. */
export const INDEX_DATA_END_AT = INDEX_END_OFFSET_AT + 8
/** u32, batches in the segment. */
export const INDEX_BATCH_COUNT_AT = INDEX_DATA_END_AT + 4
/** u32, records in the segment: a record takes at least 4 bytes of at most 2^32. */
export const INDEX_RECORD_COUNT_AT = INDEX_BATCH_COUNT_AT + 4
/** u32, entries behind the header. */
export const INDEX_ENTRY_COUNT_AT = INDEX_RECORD_COUNT_AT + 4
/** u64, append time of the first batch, µs since 1970. */
export const INDEX_FIRST_APPEND_TIME_AT = INDEX_ENTRY_COUNT_AT + 4
/** u64, append time of the last batch, µs since 1970. */
export const INDEX_LAST_APPEND_TIME_AT = INDEX_FIRST_APPEND_TIME_AT + 8
/** u32, CRC-32 over all entries. */
export const INDEX_ENTRIES_CHECK_AT = INDEX_LAST_APPEND_TIME_AT + 8
/** u32, CRC-32 over everything before in the header. */
export const INDEX_CHECK_AT = INDEX_ENTRIES_CHECK_AT + 4
/** Bytes of the header; the entries begin here. */
export const INDEX_HEADER_BYTES = INDEX_CHECK_AT + 4

/** u32 in an entry: the batch's base offset minus that of the segment. */
export const ENTRY_RELATIVE_OFFSET_AT = 0
/** u32 in an entry: where the batch begins in the segment. */
export const ENTRY_POSITION_AT = ENTRY_RELATIVE_OFFSET_AT + 4
/** u64 in an entry: the batch's append time, µs since 1970. */
export const ENTRY_APPEND_TIME_AT = ENTRY_POSITION_AT + 4
/** Bytes of an entry. */
export const INDEX_ENTRY_BYTES = ENTRY_APPEND_TIME_AT + 8

assert(INDEX_HEADER_BYTES === 64, 'the index header has 64 bytes')
assert(INDEX_ENTRY_BYTES === 16, 'an index entry has 16 bytes')
