/**
 * How chunks of input become records.
 *
 * A cursor is fed chunks and walked between them; while it stands on a record, it *is* the range of
 * the record's bytes:
 *
 * ```
 *   cursor.push(chunk);  while (cursor.next()) use(cursor)      …for every chunk, then
 *   if (cursor.finish()) use(cursor)
 * ```
 */

import { type ByteRange } from './byte-range.js'

/** Walks the records of an input. */
export interface RecordCursor extends ByteRange {
  /** Takes the next chunk, once `next` has returned false; it must not change until then. */
  push(chunk: Uint8Array): void
  /** Moves to the next record that is complete. */
  next(): boolean
  /** Moves to the record that the end of the input completes, if there is one. */
  finish(): boolean
}
