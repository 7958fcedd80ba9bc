/** A cursor: the named, durable "next offset to read" of one consumer. */

/** A cursor as it was committed. */
export interface Cursor {
  readonly name: string
  /** The next offset to read: everything below it is done. What was committed, never a read position. */
  readonly offset: number
  /** The epoch of the stream when it was committed; another one means that offsets changed meaning. */
  readonly epoch: number
  /** From 1, higher with every commit in the stream, never given twice: for compare-and-set. */
  readonly generation: number
  /** Time of the commit in microseconds since 1970. */
  readonly committedUs: number
}

/** Conditions of a commit. */
export interface CommitOptions {
  /**
   * Commit only if the cursor's generation is this one; 0 says that there must be none. Of two consumers
   * that go by the same name, the one that was overtaken notices.
   */
  readonly expectedGeneration?: number | undefined
}

/** How many cursors a stream may have. */
export const CURSORS_MAX = 10_000
/** Length of a cursor's name in characters. */
export const CURSOR_NAME_LENGTH_MAX = 255
