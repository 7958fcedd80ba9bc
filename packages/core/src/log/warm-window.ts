/**
 * Keeps a reader's next bytes in memory before it touches them.
 *
 * What lies ahead in a segment is asked for in pieces, and a reader waits for the piece it has come to, not
 * for what is asked for behind it: so that a reader of a cold log waits for the disk once, and the disk for
 * it never. Pages that are there cost a look at each piece.
 */
import type { SegmentBytes } from '../segments/segment-bytes.js'

/** How far ahead of a reader is read. */
export const AHEAD_BYTES = 16 * 1024 * 1024
/** What is asked for at once. */
const PIECE_BYTES = 4 * 1024 * 1024

/** A part that is being read. */
interface Piece {
  readonly start: number
  readonly end: number
  /** Never rejects. */
  readonly reading: Promise<void>
  isRead: boolean
  /** Why it cannot be read: told to whoever needs it, not before. */
  failure?: { readonly error: unknown }
}

/** The part of one segment's file that is known to be in memory. */
export class WarmWindow {
  readonly #contents: SegmentBytes
  readonly #end: number
  /** From where the reader is to here. */
  #warmTo: number
  /** What was asked for and is not known to be there, in order and without a hole. */
  #pieces: Piece[] = []

  /** @param end - position behind the last byte that the reader may want. */
  constructor(contents: SegmentBytes, start: number, end: number) {
    this.#contents = contents
    this.#warmTo = start
    this.#end = end
  }

  /** True when the window is over these contents. */
  isOver(contents: SegmentBytes): boolean {
    return this.#contents === contents
  }

  /** How much of what is read ahead of `position` would lie behind the end of the segment; negative for none. */
  bytesBehind(position: number): number {
    return position + AHEAD_BYTES - this.#end
  }

  /**
   * Resolves when the bytes from `position` on are in memory, as many as a run may have; undefined when they
   * are. @throws {StorageError} IO_ERROR when the disk cannot read them.
   */
  warm(position: number, runBytes: number, aheadBytes = AHEAD_BYTES): Promise<void> | undefined {
    const needed = Math.min(position + runBytes, this.#end)
    this.#settle()
    if (position > this.#askedTo()) {
      this.#pieces = []
      this.#warmTo = position
    }
    // What could not be read ahead is asked for again by whoever needs it, and he is told.
    if (this.#pieces[0]?.failure !== undefined && needed > this.#warmTo) this.#pieces = []
    this.#askUpTo(Math.max(needed, Math.min(position + aheadBytes, this.#end)))
    if (needed <= this.#warmTo) return undefined
    return this.#until(needed)
  }

  async #until(needed: number): Promise<void> {
    while (this.#warmTo < needed) {
      const [piece] = this.#pieces
      if (piece === undefined) return
      await piece.reading
      if (piece.failure !== undefined) throw piece.failure.error
      this.#settle()
    }
  }

  /** Takes the pieces that are there into what is warm. */
  #settle(): void {
    while (this.#pieces[0]?.isRead === true) {
      this.#warmTo = Math.max(this.#warmTo, this.#pieces[0].end)
      this.#pieces.shift()
    }
  }

  #askedTo(): number {
    return this.#pieces.at(-1)?.end ?? this.#warmTo
  }

  #askUpTo(goal: number): void {
    for (let start = this.#askedTo(); start < goal; start = this.#askedTo()) {
      const end = Math.min(start - (start % PIECE_BYTES) + PIECE_BYTES, this.#end)
      const reading = this.#contents.file.readAhead?.(start, end)
      if (reading === undefined && this.#pieces.length === 0) this.#warmTo = end
      else this.#pieces.push(pieceOf(start, end, reading))
    }
  }
}

function pieceOf(start: number, end: number, reading: Promise<void> | undefined): Piece {
  if (reading === undefined) return { start, end, reading: Promise.resolve(), isRead: true }
  const piece: Piece = {
    start,
    end,
    isRead: false,
    reading: reading.then(
      () => {
        piece.isRead = true
      },
      (error: unknown) => {
        piece.failure = { error }
      },
    ),
  }
  return piece
}
