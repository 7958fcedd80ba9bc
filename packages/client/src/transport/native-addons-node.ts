/**
 * What is faster in native code, where that is installed: the mask of what is sent, and checksums.
 *
 * Both packages are optional and carry their built binaries. Without them the same is done by `zlib` and
 * in JavaScript.
 */

import { createRequire } from 'node:module'

import { offerCrc32 } from '@tailrace/format'
import { applyMask } from '@tailrace/protocol'

/** The part of `bufferutil` that is used. */
interface BufferUtil {
  mask(
    ...by: [
      source: Uint8Array,
      key: Uint8Array,
      target: Uint8Array,
      at: number,
      sourceBytes: number,
    ]
  ): void
}

/** The part of `@node-rs/crc32` that is used. */
interface NodeRsCrc32 {
  crc32(bytes: Uint8Array, seed: number): number
}

/** Puts `source`, masked with the four bytes of `key`, at the start of `target`, which has room for it. */
export type MaskInto = (source: Uint8Array, key: Uint8Array, target: Uint8Array) => void

const require = createRequire(import.meta.url)

/** The fastest there is. */
export function loadMask(): MaskInto {
  const bufferUtil = loadOptional('bufferutil') as BufferUtil | undefined
  if (bufferUtil === undefined) return maskInto
  return (source, key, target) => bufferUtil.mask(source, key, target, 0, source.length)
}

/** Has checksums computed by the fastest there is, in the whole process. */
export function useNativeCrc32(): void {
  const native = loadOptional('@node-rs/crc32') as NodeRsCrc32 | undefined
  if (native !== undefined) offerCrc32((bytes, seed) => native.crc32(bytes, seed))
}

/** The mask without native code. */
export const maskInto: MaskInto = (source, key, target) => {
  target.set(source)
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key
  applyMask(target.subarray(0, source.length), k0 | (k1 << 8) | (k2 << 16) | (k3 << 24))
}

function loadOptional(name: string): unknown {
  try {
    return require(name)
  } catch {
    // It is not installed, or not built for this machine: there is another way.
    return undefined
  }
}
