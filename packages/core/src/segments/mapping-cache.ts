/**
 * Bounds how much of the sealed segments is mapped at once, over all streams of a store.
 *
 * The least recently used segment is let go. Its memory comes back when the last view of it is
 * collected: the addon cannot unmap, and a reader that is still on it is not disturbed.
 */

/** One in so many is let go when room is made. */
const ROOM_SHARE = 4

/** What the cache holds: something with a size that can be let go. */
export interface Mapped {
  readonly sizeBytes: number
  release(): void
}

/** An account of the sealed segments that are mapped. */
export class MappingCache {
  readonly #bytesMax: number
  /** In order of use, the least recent first. */
  readonly #sizes = new Map<Mapped, number>()
  #bytes = 0

  /** @param bytesMax - how many bytes may stay mapped; one segment always may, whatever its size. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Says that `mapped` was used; lets others go when there are too many. */
  touch(mapped: Mapped): void {
    this.forget(mapped)
    this.#sizes.set(mapped, mapped.sizeBytes)
    this.#bytes += mapped.sizeBytes
    for (const [oldest, sizeBytes] of this.#sizes) {
      if (this.#bytes <= this.#bytesMax || oldest === mapped) break
      this.#sizes.delete(oldest)
      this.#bytes -= sizeBytes
      oldest.release()
    }
  }

  /** How many are held now, each with a descriptor. */
  get count(): number {
    return this.#sizes.size
  }

  /**
   * The process can open no more files: lets a quarter of what is held go, the least recently used first. False
   * when nothing is held.
   */
  makeRoom(): boolean {
    const wanted = Math.ceil(this.#sizes.size / ROOM_SHARE)
    for (const oldest of [...this.#sizes.keys()].slice(0, wanted)) {
      this.forget(oldest)
      oldest.release()
    }
    return wanted > 0
  }

  /** Takes `mapped` out of the account without letting it go. */
  forget(mapped: Mapped): void {
    const sizeBytes = this.#sizes.get(mapped)
    if (sizeBytes === undefined) return
    this.#sizes.delete(mapped)
    this.#bytes -= sizeBytes
  }
}
