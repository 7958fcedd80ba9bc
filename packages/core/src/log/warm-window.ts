/**
 * Keeps a reader's next bytes in memory before it touches them.
 *
 * What lies ahead is asked for a window at a time; while one window is handed out the next is read, so that
 * a reader of a cold log waits for the disk once, and the disk for it never. Pages that are there cost a look
 * at each window.
 */
import type { SegmentBytes } from '../segments/segment-bytes.js'

/** What is asked for at once. */
const WINDOW_BYTES = 8 * 1024 * 1024

/** The part of one segment's file that is known to be in memory. */
export class WarmWindow {
  readonly #contents: SegmentBytes
  readonly #end: number
  /** From where the reader is to here. */
  #warmTo: number
  #reading: Promise<void> | undefined
  /** Why the window that is being read cannot be: told to whoever needs it, not before. */
  #failure: { readonly error: unknown } | undefined

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

  /**
   * Resolves when the bytes from `position` on are in memory, as many as a run may have; undefined when they
   * are. @throws {StorageError} IO_ERROR when the disk cannot read them.
   */
  warm(position: number, runBytes: number): Promise<void> | undefined {
    const needed = Math.min(position + runBytes, this.#end)
    if (position > this.#warmTo && this.#reading === undefined) this.#warmTo = position
    while (this.#warmTo < needed) {
      this.#askForMore()
      if (this.#reading !== undefined) return this.#until(position, runBytes)
    }
    if (this.#warmTo < Math.min(needed + WINDOW_BYTES, this.#end)) this.#askForMore()
    return undefined
  }

  async #until(position: number, runBytes: number): Promise<void> {
    await this.#reading
    if (this.#failure !== undefined) throw this.#failure.error
    await this.warm(position, runBytes)
  }

  /** One window at a time. */
  #askForMore(): void {
    if (this.#reading !== undefined) return
    this.#failure = undefined
    const start = this.#warmTo
    const end = Math.min(start + WINDOW_BYTES, this.#end)
    const reading = this.#contents.file.readAhead?.(start, end)
    if (reading === undefined) {
      this.#warmTo = end
      return
    }
    this.#reading = reading.then(
      () => {
        this.#reading = undefined
        this.#warmTo = end
      },
      (error: unknown) => {
        this.#reading = undefined
        this.#failure = { error }
      },
    )
  }
}
