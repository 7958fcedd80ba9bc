/** The header of a WebSocket frame as servers send it (RFC 6455 §5.2). */

const FINAL = 0x80
const RESERVED = 0x70
const OPCODE = 0x0f
const MASKED = 0x80
const LENGTH = 0x7f
const LENGTH_16 = 126
const LENGTH_64 = 127
const TWO_TO_32 = 0x1_0000_0000

/** Opcodes that a reader tells apart. */
export const Opcode = { BINARY: 2, PING: 9, PONG: 10 } as const

/** What the header says. */
export interface ServerFrameHeader {
  readonly headerBytes: number
  readonly payloadBytes: number
  readonly isFinal: boolean
  /** A bit is set that means nothing without an extension, or the one that only clients may set. */
  readonly isWrong: boolean
  readonly opcode: number
}

/** Decodes the header at `start`; undefined when `bytes` hold less than all of it before `end`. */
export function decodeServerFrameHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): ServerFrameHeader | undefined {
  if (start + 2 > end) return undefined
  const first = bytes[start] ?? 0
  const second = bytes[start + 1] ?? 0
  const length = second & LENGTH
  const lengthBytes = length === LENGTH_64 ? 8 : length === LENGTH_16 ? 2 : 0
  const headerBytes = 2 + lengthBytes
  if (start + headerBytes > end) return undefined
  return {
    headerBytes,
    payloadBytes: payloadBytesAt(bytes, start + 2, length),
    isFinal: (first & FINAL) !== 0,
    isWrong: (first & RESERVED) !== 0 || (second & MASKED) !== 0,
    opcode: first & OPCODE,
  }
}

function payloadBytesAt(bytes: Uint8Array, at: number, length: number): number {
  if (length < LENGTH_16) return length
  if (length === LENGTH_16) return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return readU32(bytes, at) * TWO_TO_32 + readU32(bytes, at + 4)
}

/** Big-endian, as WebSocket has it. */
function readU32(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = 0; i < 4; i += 1) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}
