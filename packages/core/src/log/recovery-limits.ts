/**
 * What bounds the work of an opening after a crash (docs/adr/0016).
 *
 * Settings only so that tests reach these bounds with small logs.
 */
import { BATCH_LENGTH_MAX, SEGMENT_HEADER_BYTES } from '@tailrace/format'
import type { StreamConfig } from './stream-config.js'

/** Bounds on what recovery has to read. */
export interface RecoveryLimits {
  /**
   * So many bytes of a segment lie between two checkpoints, more where a checkpoint is large: beyond 256 MiB
   * of segment, or with thousands of producers. Default 8 MiB.
   */
  readonly checkpointBytes: number
  /**
   * `fsync` streams are written at most this far behind the recovery point that is durable, in bytes.
   * Default, and part of the format: 32 MiB. A directory must not be opened with less than it was written
   * with.
   */
  readonly unsyncedBytesMax: number
}

const MIB = 1024 * 1024

/** The limits in force outside of tests. */
export const RECOVERY_LIMITS: RecoveryLimits = {
  checkpointBytes: 8 * MIB,
  unsyncedBytesMax: 32 * MIB,
}

if (RECOVERY_LIMITS.unsyncedBytesMax < SEGMENT_HEADER_BYTES + BATCH_LENGTH_MAX)
  throw new Error('the largest batch can be appended when everything before is durable')

/** How far a stream may be written behind its durable recovery point, in bytes. */
export function unsyncedBytesMaxOf(limits: RecoveryLimits, config: StreamConfig): number {
  // Relaxed streams promise nothing about what was written last, so nothing is to hold them up.
  return config.durability === 'fsync' ? limits.unsyncedBytesMax : Number.POSITIVE_INFINITY
}
