/**
 * Little-endian fields in a `Uint8Array`, without a `DataView`.
 *
 * Frames arrive as views at any address, each on a buffer of its own; a `DataView` for each would be
 * an allocation for two or three fields. 64-bit fields are two 32-bit halves joined into a `number`.
 *
 * Nothing here checks bounds: callers have compared the length first. A byte past the end reads as 0.
 */

const TWO_TO_32 = 0x1_0000_0000

/** Reads two bytes. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

/** Reads four bytes as an unsigned integer. */
export function readU32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
  return (low | (high << 16)) >>> 0
}

/** Reads eight bytes. The result is exact up to 2^53 − 1 and larger than that otherwise. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 4) * TWO_TO_32 + readU32(bytes, at)
}

/** Writes two bytes. */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
}

/** Writes four bytes. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Writes eight bytes of a safe, non-negative integer. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % TWO_TO_32)
  writeU32(bytes, at + 4, Math.floor(value / TWO_TO_32))
}
