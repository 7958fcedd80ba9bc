/**
 * Text to UTF-8 bytes and back, for the codecs that are made of text.
 */

import type { EncodedRange } from './codec.js'

/** A UTF-16 unit takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT_MAX = 3

/** Buffers larger than this are for one value and not kept. */
const KEPT_BYTES_MAX = 1024 * 1024

/** Encodes strings into a buffer of its own, and decodes them strictly. */
export class Utf8 {
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #scratch = new Uint8Array(1024)

  /** Encodes into fresh bytes. */
  encode(text: string): Uint8Array {
    return this.#encoder.encode(text)
  }

  /** Encodes into a buffer that the next call uses again. */
  encodeInto(text: string, target: EncodedRange): void {
    const neededBytes = text.length * BYTES_PER_UNIT_MAX
    const scratch = this.#scratchOf(neededBytes)
    const { written } = this.#encoder.encodeInto(text, scratch)
    target.bytes = scratch
    target.start = 0
    target.end = written
  }

  /** Decodes `bytes[start, end)`. Throws a TypeError when it is not UTF-8. */
  decodeRange(bytes: Uint8Array, start: number, end: number): string {
    return this.#decoder.decode(bytes.subarray(start, end))
  }

  #scratchOf(neededBytes: number): Uint8Array<ArrayBuffer> {
    if (neededBytes <= this.#scratch.byteLength) return this.#scratch
    const larger = new Uint8Array(neededBytes * 2)
    if (larger.byteLength <= KEPT_BYTES_MAX) this.#scratch = larger
    return larger
  }
}
