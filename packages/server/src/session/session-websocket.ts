/**
 * The WebSocket of a connection: `ws`'s own, which says when it is about to close by itself.
 *
 * When `ws` meets bytes that are no valid message it sends the close frame first and reports
 * afterwards. After a close frame nothing may follow, so the typed ERROR that tells the client what
 * was wrong has to be written in between: here.
 */

import { WebSocket } from 'ws'

/** Close codes by which `ws` answers what it could not read (RFC 6455 §7.4.1). */
const FAILURE_CODES: ReadonlySet<number> = new Set([1002, 1007, 1008, 1009])

/** A server-side WebSocket with a hook before the close frame of a failed connection. */
export class SessionWebSocket extends WebSocket {
  /** Called at most once, while messages can still be sent; `closeCode` is what `ws` chose. */
  onFailure: ((closeCode: number) => void) | undefined

  override close(code?: number, reason?: string | Buffer): void {
    const { onFailure } = this
    if (code !== undefined && FAILURE_CODES.has(code) && this.readyState === WebSocket.OPEN) {
      this.onFailure = undefined
      onFailure?.(code)
    }
    super.close(code, reason)
  }
}
