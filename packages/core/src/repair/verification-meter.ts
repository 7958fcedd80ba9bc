/**
 * Counts how far a verification is, in bytes of segment files.
 *
 * What there is to do is counted before it begins; a writer may add to it and take from it meanwhile.
 * So a stream never counts for more than it had then, and in the end it counts for all of that: the
 * count never goes back and always arrives.
 */
import type { VerificationProgress } from './verification.js'

/** Counts the bytes of a verification and reports its progress. */
export class VerificationMeter {
  readonly #onProgress: (progress: VerificationProgress) => void
  readonly #expected = new Map<string, number>()
  /** How far each file of the present stream was read. */
  readonly #ends = new Map<string, number>()
  #stream = ''
  /** Bytes of the streams that are done. */
  #doneBytes = 0
  /** Bytes read of the present one. */
  #readBytes = 0

  constructor(onProgress: (progress: VerificationProgress) => void) {
    this.#onProgress = onProgress
  }

  /** Says how much there is of a stream; call for all of them first. */
  expect(stream: string, bytes: number): void {
    this.#expected.set(stream, bytes)
  }

  /** Begins a stream; the one before is done. */
  begin(stream: string): void {
    this.#complete()
    this.#stream = stream
  }

  /** Says that a file of the stream was read up to a position. */
  read(file: string, endPosition: number): void {
    const before = this.#ends.get(file) ?? 0
    if (endPosition <= before) return
    this.#ends.set(file, endPosition)
    this.#readBytes += endPosition - before
    this.#report(this.#doneBytes + Math.min(this.#readBytes, this.#expected.get(this.#stream) ?? 0))
  }

  /** Everything was looked at. */
  end(): void {
    this.#complete()
    this.#report(this.#totalBytes())
  }

  #complete(): void {
    this.#doneBytes += this.#expected.get(this.#stream) ?? 0
    this.#readBytes = 0
    this.#ends.clear()
  }

  #report(checkedBytes: number): void {
    this.#onProgress({ checkedBytes, totalBytes: this.#totalBytes(), stream: this.#stream })
  }

  #totalBytes(): number {
    return [...this.#expected.values()].reduce((sum, bytes) => sum + bytes, 0)
  }
}
