/**
 * The sparse index of one segment: every few KiB a batch's offset, position and append time.
 *
 * Derived from the log and never evidence about it: a lookup returns where to start scanning, and the
 * scan decides. Design after Kafka's OffsetIndex and TimeIndex, folded into one because both are
 * monotonic in position. Adds to the entries of the format when one is due, and absolute offsets.
 */
import { IndexEntries } from '@tailrace/format'

/** At most this many bytes of batches lie between two entries (one batch may be longer). */
export const INDEX_INTERVAL_BYTES = 16 * 1024

/** Finds where to start scanning a segment, by offset or by time. */
export class SparseIndex {
  /** The entries as the index file stores them. */
  readonly entries: IndexEntries
  readonly #baseOffset: number
  #nextPosition = 0

  /** @param entries - of a stored index; owned by this one from here on. */
  constructor(baseOffset: number, entries = new IndexEntries()) {
    this.#baseOffset = baseOffset
    this.entries = entries
  }

  /** Takes note of a batch if the last entry is far enough behind. Call in order of position. */
  note(offset: number, position: number, appendTimeUs: number): void {
    if (position < this.#nextPosition) return
    this.#nextPosition = position + INDEX_INTERVAL_BYTES
    this.entries.append({ relativeOffset: offset - this.#baseOffset, position, appendTimeUs })
  }

  /** The position of the greatest indexed batch whose first offset is ≤ `offset`; undefined if none. */
  positionForOffset(offset: number): number | undefined {
    return this.#positionOf(this.entries.findOffset(offset - this.#baseOffset))
  }

  /** Where the last indexed batch that was appended before `timestampUs` begins; undefined if none. */
  lastBefore(timestampUs: number): { position: number; offset: number } | undefined {
    const entry = this.entries.findTime(timestampUs)
    if (entry < 0) return undefined
    const offset = this.#baseOffset + this.entries.relativeOffset(entry)
    return { position: this.entries.position(entry), offset }
  }

  #positionOf(entry: number): number | undefined {
    return entry < 0 ? undefined : this.entries.position(entry)
  }
}
