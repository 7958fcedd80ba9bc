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

/** A sync that was begun and ends in one of two ways. */
export interface SyncInFlight {
  /** All of it is durable. */
  complete(): void
  /**
   * Some of it is durable. The pages count as written all the same: no later sync tries them again, unless
   * they are stored to again, and the program goes on seeing what it stored (as Linux does it). Nor is
   * another sync that is in flight told of them.
   */
  fail(random: Random): void
}

/** The content of one file. */
export class SimulatedFile {
  /** Shared with the files that crashes leave: never changed, only replaced. */
  #durable: Uint8Array
  #current: Uint8Array | undefined
  /** Pages stored to and not known to be durable, with the number of the last store. */
  readonly #dirtyPages = new Map<number, number>()
  /** Pages that a sync has failed to write, with the number of the last store that was lost with them. */
  readonly #lostPages = new Map<number, number>()
  #stores = 0

  /** @param durable - the content on disk, which is also what the program sees first. Not to be changed. */
  constructor(durable: Uint8Array) {
    this.#durable = durable
  }

  /** What the program sees. Replaced when the file is resized: older views keep the older memory. */
  get current(): Uint8Array {
    return (this.#current ??= this.#durable.slice())
  }

  /** As {@link current}, for reading only: costs no memory. */
  get content(): Uint8Array {
    return this.#current ?? this.#durable
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
    this.#current = content.slice()
    this.wrote(0, Math.max(content.length, this.#durable.length))
  }

  /** Begins a sync of what was stored before the call. */
  beginSync(): SyncInFlight {
    const pages = [...this.#dirtyPages]
    const size = this.content.length
    const stored = pages.map(([page, store]) => {
      const start = page * PAGE_BYTES
      return { page, store, start, content: this.content.slice(start, start + PAGE_BYTES) }
    })
    const forget = (): void => {
      for (const [page, store] of pages) {
        // Stored to again during the sync: the newer content is not covered.
        if (this.#dirtyPages.get(page) === store) this.#dirtyPages.delete(page)
      }
    }
    return {
      complete: () => {
        if (stored.length === 0 && size === this.#durable.length) return
        const durable = resized(this.#durable, size)
        for (const { page, store, start, content } of stored) {
          // Another sync in flight has tried this page, and was told that it failed: this one is not.
          if ((this.#lostPages.get(page) ?? 0) >= store) continue
          durable.set(content, Math.min(start, size))
        }
        this.#durable = durable
        forget()
      },
      fail: (random) => {
        const numbers = pages.map(([page]) => page)
        this.#durable = this.#partlyWritten(numbers, random)
        for (const [page, store] of pages) this.#lostPages.set(page, store)
        forget()
      },
    }
  }

  /** What a crash now leaves: each sector of each dirty page as it was or as it is. */
  afterCrash(random: Random): Uint8Array {
    return this.#partlyWritten(this.#dirtyPages.keys(), random)
  }

  /** Turns a bit over, on the disk and for the program. */
  flipBit(position: number, bit: number): void {
    this.#durable = this.#durable.slice()
    for (const bytes of [this.#durable, this.current]) {
      if (position < bytes.length) bytes[position] = (bytes[position] ?? 0) ^ (1 << bit)
    }
  }

  /** As it was or as it is; of one that has grown the end may also be any page between. */
  #sizeLeft(random: Random): number {
    const before = this.#durable.length
    const { length } = this.content
    if (random.chance(0.5)) return before
    const pages = Math.floor((length - before) / PAGE_BYTES)
    return pages > 0 && random.chance(0.5) ? before + random.below(pages) * PAGE_BYTES : length
  }

  #partlyWritten(pages: Iterable<number>, random: Random): Uint8Array {
    const { content } = this
    const isResized = content.length !== this.#durable.length
    if (this.#dirtyPages.size === 0 && !isResized) return this.#durable
    const size = isResized ? this.#sizeLeft(random) : this.#durable.length
    const left = resized(this.#durable, size)
    for (const page of pages) {
      const start = page * PAGE_BYTES
      // Whole pages kept or lost are the common case; torn ones are the hard one.
      const keepChance = random.pick([0, 1, 0.5])
      for (let at = start; at < start + PAGE_BYTES; at += SECTOR_BYTES) {
        if (random.chance(keepChance)) copyRange(content, left, [at, SECTOR_BYTES])
      }
    }
    return left
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
