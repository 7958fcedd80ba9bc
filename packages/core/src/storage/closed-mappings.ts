/**
 * Counts what is still mapped of files that were closed, and sees to it that it goes.
 *
 * The addon cannot unmap: a mapping goes when its buffer is collected, and the disk space of a deleted file
 * goes with it. A process that has nothing to do may never collect. So when too much has been waiting from
 * one look to the next, garbage is collected once. Where that frees nothing, somebody still holds views
 * (a reader that is behind, a socket that is not read), and the next attempt waits twice as long
 * (docs/adr/0003).
 */
import { collectGarbage } from '../io/collect-garbage.js'

/** As much may stay mapped of closed files for as long as V8 likes. */
export const CLOSED_BYTES_MAX = 64 * 1024 * 1024
/** Looks between two attempts that are in vain, at most. */
const LOOKS_MAX = 64

/** An account of the mappings of closed files. */
export class ClosedMappings {
  readonly #collect: () => void
  readonly #registry = new FinalizationRegistry<number>((sizeBytes) => {
    this.#bytes -= sizeBytes
  })
  #bytes = 0
  #bytesAtLastLook = 0
  #bytesBeforeAttempt: number | undefined
  #looksBetween = 1
  #looksLeft = 0

  /** @param collect - collects garbage; by default, the process's own. */
  constructor(collect: () => void = collectGarbage) {
    this.#collect = collect
  }

  /** Bytes of closed files that are still mapped, as far as is known. */
  get bytes(): number {
    return this.#bytes
  }

  /** Says that the file of a mapping was closed. Once for each mapping. */
  note(mapping: Uint8Array): void {
    this.#bytes += mapping.length
    this.#registry.register(mapping.buffer, mapping.length)
  }

  /** To be called from time to time: collects when too much waits since the call before. */
  letGo(): void {
    const waiting = Math.min(this.#bytes, this.#bytesAtLastLook)
    this.#bytesAtLastLook = this.#bytes
    this.#judgeAttempt()
    if (waiting < CLOSED_BYTES_MAX) return
    if (this.#looksLeft > 0) {
      this.#looksLeft -= 1
      return
    }
    this.#bytesBeforeAttempt = this.#bytes
    this.#collect()
  }

  /** What the last attempt came to is known by the next look: mappings are freed behind a collection. */
  #judgeAttempt(): void {
    if (this.#bytesBeforeAttempt === undefined) return
    const isInVain = this.#bytes > this.#bytesBeforeAttempt - CLOSED_BYTES_MAX / 2
    this.#bytesBeforeAttempt = undefined
    this.#looksBetween = isInVain ? Math.min(LOOKS_MAX, this.#looksBetween * 2) : 1
    this.#looksLeft = isInVain ? this.#looksBetween - 1 : 0
  }
}
