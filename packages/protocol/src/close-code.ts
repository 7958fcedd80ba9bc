/**
 * With which WebSocket code a connection is closed, and what such a code means to a client.
 */

import type { ErrorCode } from '@tailrace/format'

/** The WebSocket close codes this protocol uses. */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  TOO_LARGE: 1009,
  INTERNAL_ERROR: 1011,
  TRY_AGAIN_LATER: 1013,
} as const

/** One of the WebSocket close codes this protocol uses. */
export type CloseCodeNumber = (typeof CloseCode)[keyof typeof CloseCode]

/** The close code to use after an ERROR that concerns the whole connection. */
export function closeCodeOf(code: ErrorCode): CloseCodeNumber {
  switch (code) {
    case 'MALFORMED_FRAME':
    case 'UNKNOWN_COMMAND':
    case 'UNSUPPORTED_PROTOCOL_VERSION':
    case 'UNSUPPORTED_SUBPROTOCOL':
    case 'HANDSHAKE_REQUIRED':
      return CloseCode.PROTOCOL_ERROR
    case 'FRAME_TOO_LARGE':
      return CloseCode.TOO_LARGE
    case 'PEER_SILENT':
    case 'SHUTTING_DOWN':
      return CloseCode.GOING_AWAY
    case 'TOO_MANY_CONNECTIONS':
    case 'THROTTLED':
      return CloseCode.TRY_AGAIN_LATER
    default:
      return CloseCode.INTERNAL_ERROR
  }
}
