/** What a repair does, or would do. Plain values: the whole of it can be written as JSON. */
import type { Gap } from '../log/gap.js'
import type { Defect } from './verification.js'

/** One thing that a repair does; in the order in which they are done. */
export type RepairAction =
  /** The rest of a repair that was interrupted. */
  | { readonly kind: 'complete-repair' }
  /** Bytes of a segment that are no part of the log are copied beside it. */
  | {
      readonly kind: 'keep-evidence'
      readonly segment: string
      readonly positionBytes: number
      readonly endPositionBytes: number
      readonly file: string
    }
  /** A dense run of batches gets a segment file of its own; empty where the log is to go on. */
  | {
      readonly kind: 'write-segment'
      readonly segment: string
      readonly fromOffset: number
      readonly toOffset: number
      /** Of batches that are copied. */
      readonly lengthBytes: number
    }
  /** The damaged file, a segment or the snapshot of producers, is renamed; nothing of it is changed. */
  | { readonly kind: 'set-aside'; readonly segment: string; readonly file: string }
  /**
   * A new snapshot of producers is written, of what is still known of them: whoever wrote records that
   * were removed, and sends them again, may be stored twice.
   */
  | { readonly kind: 'write-producers'; readonly segment: string }
  /** The records from `fromOffset` to `toOffset` (exclusive) are given up. */
  | { readonly kind: 'list-gap'; readonly fromOffset: number; readonly toOffset: number }
  /** Records that readers saw may have vanished at the end: whoever knows the old epoch is told. */
  | { readonly kind: 'change-epoch'; readonly reason: string }

/** The outcome of `repairStream`. */
export interface RepairReport {
  readonly stream: string
  /** False when there is nothing to repair. */
  readonly isNeeded: boolean
  /** True when the actions were carried out. */
  readonly isApplied: boolean
  readonly actions: readonly RepairAction[]
  /** How many records the new gaps give up. */
  readonly lostRecords: number
  /** All gaps of the stream with the repair. */
  readonly gaps: readonly Gap[]
  /** Defects that a repair leaves as they are. */
  readonly unrepairable: readonly Defect[]
}
