/** The public shapes of a log: what goes in, what comes out, where reading starts. */
import type { Gap } from './gap.js'
import type { Damage } from './recovery-report.js'
import type { StreamConfig } from './stream-config.js'

/** A record to append. Text is stored as UTF-8. */
export interface RecordInput {
  readonly value: Uint8Array | string
  readonly key?: Uint8Array | string | undefined
  /** Opaque bytes; the client stores a MessagePack map. */
  readonly headers?: Uint8Array | undefined
  /** Create time in microseconds since 1970; by default the time of the append. */
  readonly timeUs?: number | undefined
}

/** A record as it was read. The byte fields are views of the log: valid while held, not to be written. */
export interface LogRecord {
  readonly offset: number
  readonly value: Uint8Array
  readonly key: Uint8Array | undefined
  readonly headers: Uint8Array | undefined
  /** Create time in microseconds since 1970, given by the producer. */
  readonly timeUs: number
  /** Append time in microseconds since 1970, given by the log; never decreases within a stream. */
  readonly appendTimeUs: number
}

/** Conditions of an append. */
export interface AppendOptions {
  /** Append only if the log ends at this offset. */
  readonly expectedOffset?: number | undefined
}

/** Where appended records lie. */
export interface AppendResult {
  /**
   * Offset of the first record; −1 for a duplicate whose offset is no longer known, or whose records do not
   * lie together.
   */
  readonly baseOffset: number
  /** The offset after the last record; −1 if `baseOffset` is. */
  readonly endOffset: number
  /** True when the producer's records were stored by an earlier attempt; nothing was appended now. */
  readonly isDuplicate: boolean
}

/**
 * Where reading starts: the first retained record, the next one appended, an offset, the n-th from the
 * end, or the first record appended at or after a time in microseconds.
 */
export type StartPosition =
  'first' | 'next' | number | { readonly last: number } | { readonly timestampUs: number }

/** What to do about an offset outside the stream. */
export type OutOfRange = 'strict' | 'clamp'

/** A range to read. */
export interface ReadOptions {
  readonly from: StartPosition
  /** Stop before this offset. Default: the visible end at the time of the call, or never if following. */
  readonly to?: number | undefined
  /** What an offset below the start or beyond the end means. Default `strict`: an error. */
  readonly onOutOfRange?: OutOfRange | undefined
  /**
   * Hears of records in the range that cannot be read, before what follows them: lost to damage, repaired
   * or not, or removed by retention meanwhile. Reading goes on behind them. Default: they are an error,
   * STREAM_CORRUPT or OFFSET_OUT_OF_RANGE.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined
}

/** A range to read, then to follow. */
export interface FollowOptions extends ReadOptions {
  /** Wait for more at the tail instead of ending. Default false. */
  readonly follow?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** A log in numbers. */
export interface LogDescription {
  readonly name: string
  /** 32 hex digits, the same for the life of the stream. */
  readonly streamId: string
  readonly epoch: number
  readonly config: StreamConfig
  readonly createdUs: number
  readonly startOffset: number
  readonly endOffset: number
  readonly durableOffset: number
  readonly visibleOffset: number
  /** Bytes of the segment files, including space that is reserved ahead. */
  readonly sizeBytes: number
  readonly segmentCount: number
  /** Append time of the last record, null when there is none. */
  readonly lastAppendUs: number | null
  /** Present when the log is damaged: `endOffset` is then where it can be read up to, and not its end. */
  readonly damage?: Damage
}
