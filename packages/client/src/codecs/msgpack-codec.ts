/**
 * The default codec: standard MessagePack.
 */

import type { EncodedRange, UntypedCodec } from './codec.js'
import { createPackr, PACK_IN_PLACE } from './packr.js'

/** A buffer of msgpackr's, with the place of what it packed last. */
interface EncodedBuffer extends Uint8Array {
  readonly start: number
  readonly end: number
}

class MsgpackCodec implements UntypedCodec {
  readonly name = 'msgpack'
  readonly #packr = createPackr({ encodeUndefinedAsNil: true })
  readonly #range = { start: 0, end: 0 }

  encode(value: unknown): Uint8Array {
    const packed = this.#packr.pack(value)
    return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength)
  }

  encodeInto(value: unknown, target: EncodedRange): void {
    const packed = this.#packr.pack(value, PACK_IN_PLACE) as unknown as EncodedBuffer
    target.bytes = packed
    target.start = packed.start
    target.end = packed.end
  }

  decode(bytes: Uint8Array): never {
    return this.#packr.unpack(bytes) as never
  }

  decodeRange(bytes: Uint8Array, start: number, end: number): never {
    // msgpackr takes an end of 0 for "none given".
    if (start === end) throw new TypeError('no bytes, must be at least 1')
    this.#range.start = start
    this.#range.end = end
    return this.#packr.unpack(bytes, this.#range) as never
  }
}

/**
 * Values are whatever MessagePack has: nil, booleans, numbers, strings, bytes, arrays, maps with string
 * keys, dates. `undefined` becomes nil. A 64-bit integer of another producer decodes to a bigint.
 * Bytes inside a received value are views of the message it came in.
 */
export const msgpack: UntypedCodec = new MsgpackCodec()
