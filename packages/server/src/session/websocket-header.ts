/**
 * The header of an outgoing WebSocket message: one binary frame, final, not masked (RFC 6455 §5.2).
 *
 * ```
 *  at  size      field
 *   0   1        0x82: final, binary
 *   1   1        payload length, or 126 / 127
 *   2   0, 2, 8  payload length in 16 or 64 bits, big-endian, when the byte before says so
 * ```
 *
 * Exists because DELIVER goes to the socket without passing through `ws`, as the view of a mapping:
 * the library would put the header and our 8-byte prefix into buffers of their own, per message.
 */

const FINAL_BINARY = 0x82
const LENGTH_16 = 126
const LENGTH_64 = 127
const SHORT_LENGTH_MAX = LENGTH_16 - 1
const LENGTH_16_MAX = 0xffff
const TWO_TO_32 = 0x1_0000_0000

/** How many bytes the header of a message with `payloadBytes` takes: 2, 4 or 10. */
export function webSocketHeaderBytes(payloadBytes: number): number {
  if (payloadBytes <= SHORT_LENGTH_MAX) return 2
  return payloadBytes <= LENGTH_16_MAX ? 4 : 10
}

/** Writes the header to the start of `target`, which has `webSocketHeaderBytes` of room for it. */
export function writeWebSocketHeader(target: Uint8Array, payloadBytes: number): void {
  target[0] = FINAL_BINARY
  if (payloadBytes <= SHORT_LENGTH_MAX) {
    target[1] = payloadBytes
  } else if (payloadBytes <= LENGTH_16_MAX) {
    target[1] = LENGTH_16
    target[2] = payloadBytes >>> 8
    target[3] = payloadBytes
  } else {
    target[1] = LENGTH_64
    writeU32BigEndian(target, 2, Math.floor(payloadBytes / TWO_TO_32))
    writeU32BigEndian(target, 6, payloadBytes)
  }
}

function writeU32BigEndian(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}
