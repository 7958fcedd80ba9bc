/**
 * The codec that leaves bytes alone.
 */

import type { Codec, EncodedRange } from './codec.js'

class RawCodec implements Codec<Uint8Array> {
  readonly name = 'raw'

  encode(value: Uint8Array): Uint8Array {
    return checkedBytes(value)
  }

  encodeInto(value: Uint8Array, target: EncodedRange): void {
    target.bytes = checkedBytes(value)
    target.start = 0
    target.end = value.length
  }

  decode(bytes: Uint8Array): Uint8Array {
    return bytes
  }
}

function checkedBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError(`the raw codec takes a Uint8Array, not ${typeof value}`)
}

/**
 * Values are bytes. Those of a received record are a view of what it was received into, up to 1 MiB, which
 * stays in memory as long as the view does: copy what you keep.
 */
export const raw: Codec<Uint8Array> = new RawCodec()
