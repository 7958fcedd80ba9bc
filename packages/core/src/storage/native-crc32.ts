/** Checksums by the fastest function there is; where the addon is not installed, that is `zlib`'s. */

import { createRequire } from 'node:module'

import { offerCrc32 } from '@tailrace/format'

/** The part of `@node-rs/crc32` that is used. */
interface NodeRsCrc32 {
  crc32(bytes: Uint8Array, seed: number): number
}

/** Has checksums computed in native code, in the whole process, if `@node-rs/crc32` is installed. */
export function useNativeCrc32(): void {
  const native = loadAddon()
  if (native !== undefined) offerCrc32((bytes, seed) => native.crc32(bytes, seed))
}

/** Undefined where it is not installed, or not built for this machine: it is optional. */
function loadAddon(): NodeRsCrc32 | undefined {
  try {
    return createRequire(import.meta.url)('@node-rs/crc32') as NodeRsCrc32
  } catch {
    return undefined
  }
}
