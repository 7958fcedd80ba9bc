/**
 * The content of a simulated file: what the program sees, and what the disk holds.
 *
 * The kernel may write a dirty page back at any moment and in any order, and loses power between two
 * sectors. So the disk's content of a dirty page, sector by sector, is what it was at the last sync or
 * what it is now.
 */
import type { Random } from '../random.js'

/** Unit of write-back. */
export const PAGE_BYTES = 4096
/** Unit in which a disk writes whole or not at all. */
export const SECTOR_BYTES = 512

/** The content of one file. */
export class SimulatedFile {
  /** What the program sees. Replaced when the file is resized: older views keep the older memory. */
  current: Uint8Array
  /** What a sync has made durable. */
  #durable: Uint8Array
  /** Pages stored to and not known to be durable, with the number of the last store. */
  readonly #dirtyPages = new Map<number, number>()
  #stores = 0

  /** @param durable - the content on disk, which is also what the program sees first. */
  constructor(durable: Uint8Array) {
    this.#durable = durable
    this.current = durable.slice()
  }

  /** The program stored to `[start, end)`. */
  wrote(start: number, end: number): void {
    this.#stores += 1
    for (let page = Math.floor(start / PAGE_BYTES); page * PAGE_BYTES < end; page += 1) {
      this.#dirtyPages.set(page, this.#stores)
    }
  }

  /** The program replaced the content as a whole. */
  replace(content: Uint8Array): void {
    this.current = content.slice()
    this.wrote(0, Math.max(content.length, this.#durable.length))
  }

  /** Begins a sync; the returned function makes durable what was stored before the call. */
  beginSync(): () => void {
    const pages = [...this.#dirtyPages]
    const content = this.current.slice()
    return () => {
      const durable = resized(this.#durable, content.length)
      for (const [page, store] of pages) {
        copyRange(content, durable, [page * PAGE_BYTES, PAGE_BYTES])
        // Stored to again during the sync: the newer content is not covered.
        if (this.#dirtyPages.get(page) === store) this.#dirtyPages.delete(page)
      }
      this.#durable = durable
    }
  }

  /** What a power cut now leaves: each sector of each dirty page as it was or as it is. */
  afterPowerLoss(random: Random): Uint8Array {
    const isResized = this.current.length !== this.#durable.length
    const size = isResized && random.chance(0.5) ? this.current.length : this.#durable.length
    const left = resized(this.#durable, size)
    for (const page of this.#dirtyPages.keys()) {
      const start = page * PAGE_BYTES
      // Whole pages kept or lost are the common case; torn ones are the hard one.
      const keepChance = random.pick([0, 1, 0.5])
      for (let at = start; at < start + PAGE_BYTES; at += SECTOR_BYTES) {
        if (random.chance(keepChance)) copyRange(this.current, left, [at, SECTOR_BYTES])
      }
    }
    return left
  }

  /** True when something was stored since the last sync. */
  get isDirty(): boolean {
    return this.#dirtyPages.size > 0 || this.current.length !== this.#durable.length
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(size)
  copy.set(bytes.subarray(0, Math.min(size, bytes.length)))
  return copy
}

function copyRange(source: Uint8Array, target: Uint8Array, range: [number, number]): void {
  const [start, length] = range
  const end = Math.min(start + length, source.length, target.length)
  if (end > start) target.set(source.subarray(start, end), start)
}
