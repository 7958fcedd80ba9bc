/** What can be wrong with a stored stream. */
import type { FormatErrorCode } from '@tailrace/format'

/**
 * Kinds of defects. Those of the format say that bytes are no valid batch, segment header or end of a
 * segment; `OFFSET_GAP` that records are missing with no gap listed; `OFFSET_OVERLAP` that offsets come
 * twice; `TIME_DECREASES` that a batch is older than the one before; `MISPLACED` that a segment's header
 * names another stream or another base offset; `UNREADABLE` that a file of metadata is missing or damaged.
 */
export type DefectCode =
  FormatErrorCode | 'OFFSET_GAP' | 'OFFSET_OVERLAP' | 'TIME_DECREASES' | 'MISPLACED' | 'UNREADABLE'

/** A place in a segment where something is wrong. */
export interface Fault {
  readonly start: number
  /** Exclusive; `start` when no bytes are wrong, but something is missing between them. */
  readonly end: number
  /** The first record that cannot be read because of it. */
  readonly fromOffset: number
  /** The next one that can; `fromOffset` when none is lost. */
  readonly toOffset: number
  readonly code: DefectCode
  /** Lower case, actual then allowed. */
  readonly message: string
}
