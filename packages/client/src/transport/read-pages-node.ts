/**
 * The memory that one connection reads its messages into, as large as its pace asks for.
 *
 * A connection that brings a GB a second fills a page of 1 MiB in a millisecond: sixteen of the server's usual
 * DELIVERs, none of them copied, all of them garbage together. One of a hundred subscriptions that share such a
 * stream would fill it in a fifth of a second, by when V8 has long made it part of its old generation, and needs
 * a mark-compact for every 64 MiB to have it back: a quarter of the processor time of that process. So a slow
 * connection reads into memory that it keeps, and a large message gets memory of its own as soon as its length is
 * known. Also, a thousand idle connections keep 128 KiB each.
 *
 * Who gives a message back before the next one is read (docs/adr/0022) needs none of that: everything is read
 * into one page again and again, which stays in the processor's cache.
 */

import { systemClock, type Clock } from '../io/clock.js'

/** What there must be room for to read at all: what a socket usually reads at once. */
export const READ_BYTES_MIN = 64 * 1024

/** Of a fast connection. */
const PAGE_BYTES = 1024 * 1024

/** Of what is kept: what is read at once, behind the beginning of a frame. */
const KEPT_BYTES = 2 * READ_BYTES_MIN

/** Of a connection whose messages are given back: some batches of the usual size, half of a core's cache. */
const LENDING_BYTES = 256 * 1024

/** A connection is fast that fills a page in less, and until it takes longer than the other. */
const FAST_MS = 8
const SLOW_MS = 16

/** The pages of one connection. */
export class ReadPages {
  readonly #clock: Pick<Clock, 'elapsedMs'>
  /** The one that is read into again and again: nobody keeps a part of it. */
  #kept: Uint8Array | undefined
  #isFast = false
  /** Whether the last large message was given back at once. */
  #isLending = false
  /** Read since the pace was last looked at, and when that was. */
  #readBytes = 0
  #sinceMs: number

  constructor(clock: Pick<Clock, 'elapsedMs'> = systemClock) {
    this.#clock = clock
    this.#sinceMs = clock.elapsedMs()
  }

  /** So many bytes were read. */
  noteRead(byteCount: number): void {
    this.#readBytes += byteCount
    if (this.#readBytes < PAGE_BYTES) return
    const nowMs = this.#clock.elapsedMs()
    this.#isFast = nowMs - this.#sinceMs < (this.#isFast ? SLOW_MS : FAST_MS)
    this.#sinceMs = nowMs
    this.#readBytes = 0
  }

  /** The page to begin with. */
  first(): Uint8Array {
    return (this.#kept ??= newPage(KEPT_BYTES))
  }

  /** A large message was handed out, and given back at once or not: the next one most likely will be, too. */
  noteTaken(isGivenBack: boolean): void {
    this.#isLending = isGivenBack
  }

  /** Somebody keeps a part of the page. */
  giveAway(page: Uint8Array): void {
    if (page === this.#kept) this.#kept = undefined
  }

  /** Whether messages may be views of the page: of the one that is kept only if they are given back. */
  isLendable(page: Uint8Array): boolean {
    return this.#isLending || page !== this.#kept
  }

  /** Whether a page is of no more use when everything in it is dealt with: another one fits better. */
  isOutgrown(page: Uint8Array): boolean {
    if (this.#isLending) return page !== this.#kept || page.length < LENDING_BYTES
    return this.#isFast && page === this.#kept
  }

  /** The page to read into behind another, of which some message is a view (or not). */
  next(last: Uint8Array, isLent: boolean): Uint8Array {
    if (this.#isLending) return this.#lendingPage(LENDING_BYTES)
    if (!this.#isFast) return this.first()
    return isLent || last === this.#kept ? newPage(PAGE_BYTES) : last
  }

  /** The page for a message of so many bytes that has begun in another one, or at the end of the same. */
  forMessage(sizeBytes: number): Uint8Array {
    if (this.#isLending) return this.#lendingPage(Math.max(LENDING_BYTES, sizeBytes))
    return newPage(this.#isFast ? Math.max(PAGE_BYTES, sizeBytes) : sizeBytes)
  }

  #lendingPage(bytesMin: number): Uint8Array {
    if (this.#kept === undefined || this.#kept.length < bytesMin) this.#kept = newPage(bytesMin)
    return this.#kept
  }
}

/** Not of a pool, and not cleared. */
function newPage(sizeBytes: number): Uint8Array {
  return Buffer.allocUnsafeSlow(sizeBytes)
}
