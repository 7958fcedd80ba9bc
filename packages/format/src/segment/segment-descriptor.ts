/**
 * The layout of a segment file: places and sizes, nothing else. Specification: docs/format.md.
 *
 * ```
 *   0         1         2         3         4         5         6         7
 *   +-------------------------------------------------------------------------------+
 * 0 |                              "TRSEGMNT"                                       |
 *   +---------+-----------------------------+---------------------------------------+
 * 8 | version |        reserved = 0         |                epoch                  |
 *   +---------+-----------------------------+---------------------------------------+
 * 16|                                  baseOffset                                   |
 *   +-------------------------------------------------------------------------------+
 * 24|                                  createdUs                                    |
 *   +-------------------------------------------------------------------------------+
 * 32|                                                                               |
 *   +                             streamId, 16 bytes                                +
 * 40|                                                                               |
 *   +-------------------------------------------------------------------------------+
 * 48|                                 reserved = 0          +-----------------------+
 * 56|                                                    60 |    check over [0, 60) |
 *   +-------------------------------------------------------+-----------------------+
 * 64|                         recovery-point slot 0, 32 bytes                       |
 *   +-------------------------------------------------------------------------------+
 * 96|                         recovery-point slot 1, 32 bytes                       |
 *   +-------------------------------------------------------------------------------+
 *128| batch, batch, …, end marker: at least 8 zero bytes                            |
 *   +-------------------------------------------------------------------------------+
 *
 *   recovery-point slot
 *   +-------------------------------------------------------------------------------+
 * 0 |                                 durableOffset                                 |
 *   +---------------------------------------+---------------------------------------+
 * 8 |            durablePosition            |               generation              |
 *   +---------------------------------------+---------------------------------------+
 * 16|                                 appendTimeUs                                  |
 *   +---------------------------------------+---------------------------------------+
 * 24|                 epoch                 |            check over [0, 28)         |
 *   +---------------------------------------+---------------------------------------+
 * ```
 */

import { assert } from '../errors/assertion.js'

/** "TRSEGMNT" in ASCII. */
export const SEGMENT_MAGIC: readonly number[] = [0x54, 0x52, 0x53, 0x45, 0x47, 0x4d, 0x4e, 0x54]

/** 8 bytes, {@link SEGMENT_MAGIC}. */
export const SEGMENT_MAGIC_AT = 0
/** u8, the format version of the header and of the batches behind it. */
export const SEGMENT_VERSION_AT = SEGMENT_MAGIC_AT + 8
/** 3 bytes, zero. */
export const SEGMENT_RESERVED_1_AT = SEGMENT_VERSION_AT + 1
/** u32, incarnation of the stream when the segment was made. */
export const SEGMENT_EPOCH_AT = SEGMENT_RESERVED_1_AT + 3
/** u64, offset of the first record; also in the file's name. */
export const SEGMENT_BASE_OFFSET_AT = SEGMENT_EPOCH_AT + 4
/** u64, µs since 1970. */
export const SEGMENT_CREATED_AT = SEGMENT_BASE_OFFSET_AT + 8
/** 16 bytes. */
export const SEGMENT_STREAM_ID_AT = SEGMENT_CREATED_AT + 8
/** 12 bytes, zero. */
export const SEGMENT_RESERVED_2_AT = SEGMENT_STREAM_ID_AT + 16
/** u32, CRC-32 over everything before. */
export const SEGMENT_CHECK_AT = SEGMENT_RESERVED_2_AT + 12
/** Two recovery-point slots, written in turn. */
export const RECOVERY_POINTS_AT = SEGMENT_CHECK_AT + 4

/** u64 in a slot: every record below it has survived an fdatasync. */
export const POINT_DURABLE_OFFSET_AT = 0
/** u32 in a slot: every byte of this segment below it has; 0 = none. */
export const POINT_DURABLE_POSITION_AT = POINT_DURABLE_OFFSET_AT + 8
/** u32 in a slot, at least 1, one more for each point. */
export const POINT_GENERATION_AT = POINT_DURABLE_POSITION_AT + 4
/** u64 in a slot: append time of the last durable batch, µs since 1970. */
export const POINT_APPEND_TIME_AT = POINT_GENERATION_AT + 4
/** u32 in a slot: incarnation of the stream. */
export const POINT_EPOCH_AT = POINT_APPEND_TIME_AT + 8
/** u32 in a slot: CRC-32 over everything before in the slot. */
export const POINT_CHECK_AT = POINT_EPOCH_AT + 4
/** Bytes of a slot. */
export const RECOVERY_POINT_BYTES = POINT_CHECK_AT + 4
/** Slots in a header. */
export const RECOVERY_POINT_COUNT = 2

/** Bytes of the segment header; the first batch begins here. */
export const SEGMENT_HEADER_BYTES = RECOVERY_POINTS_AT + RECOVERY_POINT_COUNT * RECOVERY_POINT_BYTES
/**
 * Zero bytes that a sealed segment keeps behind its last batch, at least.
 *
 * A reader in another process looks for the next commit word there. Were the file to end with the
 * batch, and the batch with a page, that look would be a SIGBUS.
 */
export const END_MARKER_BYTES = 8

assert(SEGMENT_CHECK_AT === 60, 'the part written once has 64 bytes')
assert(RECOVERY_POINT_BYTES === 32, 'a slot has 32 bytes')
assert(512 % RECOVERY_POINT_BYTES === 0, 'no slot lies across two sectors of a disk')
assert(SEGMENT_HEADER_BYTES === 128, 'the segment header has 128 bytes')
