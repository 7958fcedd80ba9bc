/**
 * The seam between the client and a WebSocket: all that differs between Node and a browser.
 *
 * Two implementations, chosen by the `#websocket` entry of package.json: `websocket-node.ts` on the
 * `ws` package and `websocket-browser.ts` on the global `WebSocket`. A third, on any object shaped
 * like a browser's WebSocket, serves applications that bring their own (headers, proxies, tests).
 */

import type { Clock } from '../io/clock.js'

/** What a transport tells its owner. Every function may be called from within `send` or `close`. */
export interface TransportEvents {
  /** The WebSocket is open; `subprotocol` is the one the server chose, '' if none. At most once. */
  onOpen(subprotocol: string): void
  /**
   * A binary message. The bytes belong to the receiver and never change; unless it returns true: then nobody
   * needs them any more, and the transport may use their memory again.
   */
  onMessage(bytes: Uint8Array): boolean
  /** A text message, which the protocol does not have. */
  onText(): void
  /** Fewer bytes wait to be sent than before; `bufferedBytes` says how many. */
  onDrain(): void
  /** The connection is gone, or never came about. Exactly once, and the last call. */
  onClose(close: TransportClose): void
}

/** Why a connection is gone, as far as the environment says. */
export interface TransportClose {
  /** The WebSocket close code; 1006 when there was no closing handshake. */
  readonly code: number
  /** The reason the server gave, often ''. */
  readonly reason: string
  /** The status, if the server answered with HTTP instead of a WebSocket. Known in Node only. */
  readonly httpStatus?: number
  /** The subprotocol the server wanted, if that is what was wrong. Known in Node only. */
  readonly refusedSubprotocol?: string
  /** What the environment reported, for `cause`. */
  readonly error?: unknown
}

/** An open or opening connection. */
export interface Transport {
  /** Bytes handed to `send` that the environment has not yet passed on. */
  readonly bufferedBytes: number
  /** Bytes received so far, as a sign of life: of unfinished messages too where that is known. */
  readonly receivedBytes: number
  /**
   * Sends one binary message. The caller may change `bytes` as soon as this returns. Does nothing
   * when the connection is closing or closed.
   */
  send(bytes: Uint8Array): void
  /** Holds messages back until `uncork`, so that they leave in one system call where possible. */
  cork(): void
  /** Lets messages go again. Every `cork` is followed by one, in the same turn. */
  uncork(): void
  /** Begins the closing handshake, after what was sent. `onClose` follows. */
  close(code: number, reason: string): void
  /** Drops the connection at once where the environment can, else closes it. `onClose` follows. */
  terminate(): void
}

/** What a transport needs to begin. */
export interface TransportOptions {
  readonly url: string
  readonly subprotocol: string
  readonly events: TransportEvents
  readonly clock: Clock
}

/** Begins to connect. Reports failures through `onClose`, later; throws only for an invalid URL. */
export type OpenTransport = (options: TransportOptions) => Transport
