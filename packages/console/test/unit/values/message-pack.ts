/** The client's own MessagePack, as the page uses it. */

import { msgpack } from '@tailrace/client'

/** Encodes as a publisher does that names no codec. */
export function encodeMessagePack(value: unknown): Uint8Array {
  return msgpack.encode(value)
}

/** Decodes as the page does. Throws when the bytes are no MessagePack. */
export function decodeMessagePack(bytes: Uint8Array): unknown {
  return msgpack.decode(bytes)
}
