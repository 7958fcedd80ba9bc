/** The header of an incoming WebSocket frame (RFC 6455 §5.2). */

/** The longest: 2 bytes, a length of 64 bits and a masking key. */
export const FRAME_HEADER_BYTES_MAX = 14

const FINAL = 0x80
const RESERVED = 0x70
const OPCODE = 0x0f
const MASKED = 0x80
const LENGTH = 0x7f
const LENGTH_16 = 126
const LENGTH_64 = 127
const KEY_BYTES = 4
const TWO_TO_32 = 0x1_0000_0000

/** Opcodes that a reader tells apart. */
export const Opcode = { BINARY: 2, PING: 9, PONG: 10 } as const

/** What the header says. */
export interface FrameHeader {
  readonly headerBytes: number
  readonly payloadBytes: number
  readonly isFinal: boolean
  /** A bit is set that means nothing without an extension. */
  readonly isReserved: boolean
  readonly opcode: number
  /** The masking key, its first byte on the wire the lowest; undefined when the frame is not masked. */
  readonly key: number | undefined
}

/** Decodes the header at `at`; undefined when `bytes` end within it. */
export function decodeFrameHeader(bytes: Buffer, at: number): FrameHeader | undefined {
  if (at + 2 > bytes.length) return undefined
  const first = bytes[at] ?? 0
  const second = bytes[at + 1] ?? 0
  const length = second & LENGTH
  const lengthBytes = length === LENGTH_64 ? 8 : length === LENGTH_16 ? 2 : 0
  const isMasked = (second & MASKED) !== 0
  const headerBytes = 2 + lengthBytes + (isMasked ? KEY_BYTES : 0)
  if (at + headerBytes > bytes.length) return undefined
  return {
    headerBytes,
    payloadBytes: payloadBytesAt(bytes, at + 2, length),
    isFinal: (first & FINAL) !== 0,
    isReserved: (first & RESERVED) !== 0,
    opcode: first & OPCODE,
    key: isMasked ? bytes.readInt32LE(at + headerBytes - KEY_BYTES) : undefined,
  }
}

function payloadBytesAt(bytes: Buffer, at: number, length: number): number {
  if (length < LENGTH_16) return length
  if (length === LENGTH_16) return bytes.readUInt16BE(at)
  return bytes.readUInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4)
}
