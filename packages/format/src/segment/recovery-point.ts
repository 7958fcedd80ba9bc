/**
 * The two recovery-point slots of a segment header: how far the segment is known to be durable.
 *
 * The log writes a slot after each group commit, or stores it; the slot itself becomes durable
 * with the next one. So recovery may find a point that is one commit old, which only makes it scan
 * more. What it must not find is a point that is wrong: damage below a recovery point is corruption,
 * damage above it may be a torn tail.
 *
 * Two slots in turn, each with a check: while one is being written, or was torn by a power cut, the
 * other still holds the point before.
 */

import { crc32 } from '#crc32'
import { isSafeU64, readU64, writeU64 } from '../bytes/u64.js'
import { assert } from '../errors/assertion.js'
import {
  POINT_APPEND_TIME_AT,
  POINT_CHECK_AT,
  POINT_DURABLE_OFFSET_AT,
  POINT_DURABLE_POSITION_AT,
  POINT_EPOCH_AT,
  POINT_GENERATION_AT,
  RECOVERY_POINTS_AT,
  RECOVERY_POINT_BYTES,
  SEGMENT_HEADER_BYTES,
} from './segment-descriptor.js'

/** How far a segment is known to have survived an fdatasync. */
export interface RecoveryPoint {
  /** Every record of the stream below it is durable. */
  readonly durableOffset: number
  /** Every byte of this segment below it is durable; 0 = none of this segment. */
  readonly durablePosition: number
  /** At least 1, one more for each point written to this segment. */
  readonly generation: number
  /** Append time of the last durable batch, µs since 1970; 0 = there is none. */
  readonly appendTimeUs: number
  /** Incarnation of the stream. */
  readonly epoch: number
}

/**
 * Writes a recovery point into a slot of the segment header at the start of `bytes`.
 *
 * Take the slots in turn, for instance `generation % 2`.
 *
 * @throws {AssertionError} when a field is out of its range or `bytes` is shorter than a header
 */
export function writeRecoveryPoint(
  bytes: Uint8Array,
  slotIndex: 0 | 1,
  point: RecoveryPoint,
): void {
  assert(bytes.length >= SEGMENT_HEADER_BYTES, 'a recovery point lies in a segment header')
  assert(isU32(point.generation) && point.generation >= 1, 'generation is a u32 of at least 1')
  assert(isU32(point.durablePosition), 'durablePosition is a u32')
  assert(isU32(point.epoch), 'epoch is a u32')
  const slot = slotView(bytes, slotIndex)
  writeU64(slot, POINT_DURABLE_OFFSET_AT, point.durableOffset)
  slot.setUint32(POINT_DURABLE_POSITION_AT, point.durablePosition, true)
  slot.setUint32(POINT_GENERATION_AT, point.generation, true)
  writeU64(slot, POINT_APPEND_TIME_AT, point.appendTimeUs)
  slot.setUint32(POINT_EPOCH_AT, point.epoch, true)
  slot.setUint32(POINT_CHECK_AT, slotCheck(bytes, slotIndex), true)
}

/**
 * Reads the newest recovery point from the segment header at the start of `bytes`: of the valid slots
 * the one with the higher generation, undefined when no slot is valid or the bytes are too few.
 */
export function readRecoveryPoint(bytes: Uint8Array): RecoveryPoint | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined
  const first = readSlot(bytes, 0)
  const second = readSlot(bytes, 1)
  if (first === undefined || second === undefined) return first ?? second
  return first.generation > second.generation ? first : second
}

/**
 * True when a slot of the segment header at the start of `bytes` holds neither a recovery point nor zeros:
 * a newer point than {@link readRecoveryPoint} finds may have been there.
 */
export function hasDamagedRecoveryPoint(bytes: Uint8Array): boolean {
  if (bytes.length < SEGMENT_HEADER_BYTES) return true
  return ([0, 1] as const).some((slotIndex) => {
    const at = slotAt(slotIndex)
    const slot = bytes.subarray(at, at + RECOVERY_POINT_BYTES)
    return slot.some((byte) => byte !== 0) && readSlot(bytes, slotIndex) === undefined
  })
}

function readSlot(bytes: Uint8Array, slotIndex: 0 | 1): RecoveryPoint | undefined {
  const slot = slotView(bytes, slotIndex)
  const isValid =
    slot.getUint32(POINT_CHECK_AT, true) === slotCheck(bytes, slotIndex) &&
    slot.getUint32(POINT_GENERATION_AT, true) > 0 &&
    isSafeU64(slot, POINT_DURABLE_OFFSET_AT) &&
    isSafeU64(slot, POINT_APPEND_TIME_AT)
  if (!isValid) return undefined
  return {
    durableOffset: readU64(slot, POINT_DURABLE_OFFSET_AT),
    durablePosition: slot.getUint32(POINT_DURABLE_POSITION_AT, true),
    generation: slot.getUint32(POINT_GENERATION_AT, true),
    appendTimeUs: readU64(slot, POINT_APPEND_TIME_AT),
    epoch: slot.getUint32(POINT_EPOCH_AT, true),
  }
}

function slotView(bytes: Uint8Array, slotIndex: 0 | 1): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + slotAt(slotIndex), RECOVERY_POINT_BYTES)
}

function slotCheck(bytes: Uint8Array, slotIndex: 0 | 1): number {
  const at = slotAt(slotIndex)
  return crc32(bytes, at, at + POINT_CHECK_AT)
}

function slotAt(slotIndex: 0 | 1): number {
  return RECOVERY_POINTS_AT + slotIndex * RECOVERY_POINT_BYTES
}

function isU32(value: number): boolean {
  return value >>> 0 === value
}
