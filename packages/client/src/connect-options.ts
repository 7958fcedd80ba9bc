/**
 * What an application may say about a connection.
 */

import type { ReconnectPolicy } from './connection/session.js'
import type { WebSocketFactory } from './transport/web-socket-transport.js'
import { wholeNumber } from './util/whole-number.js'

/** Options of `connect`. */
export interface ConnectOptions {
  /** Name and version of the application, for the server's logs. Default `tailrace-client/<version>`. */
  readonly name?: string | undefined
  /** Ends the attempt to connect, and later the client: at once, without waiting for anything. */
  readonly signal?: AbortSignal | undefined
  /**
   * How a lost connection is replaced, or `false` to close the client instead. The n-th wait is a random
   * time up to `baseMs · 2^n` (default 100 ms), at most `maxMs` (default 10 s); after `attemptsMax` failed
   * attempts in a row the client is closed (default: never).
   */
  readonly reconnect?:
    | false
    | {
        readonly baseMs?: number | undefined
        readonly maxMs?: number | undefined
        readonly attemptsMax?: number | undefined
      }
    | undefined
  /** Makes the WebSocket, for environments that need headers, an agent or a proxy. */
  readonly webSocket?: WebSocketFactory | undefined
  /** Milliseconds until a connection must stand, WELCOME included. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Milliseconds until a request must be answered. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined
  /** Milliseconds that `close` waits for acknowledgements. Default 5,000. */
  readonly closeTimeoutMs?: number | undefined
}

/** The numbers among them, complete. */
export interface ConnectConfig {
  readonly reconnect: ReconnectPolicy | undefined
  readonly retry: { readonly baseMs: number; readonly maxMs: number }
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly closeTimeoutMs: number
}

const BASE_MS_DEFAULT = 100
const MAX_MS_DEFAULT = 10_000
const CONNECT_TIMEOUT_MS_DEFAULT = 10_000
const REQUEST_TIMEOUT_MS_DEFAULT = 30_000
const CLOSE_TIMEOUT_MS_DEFAULT = 5_000

/**
 * Checks options and completes them.
 *
 * @throws {RangeError} a number is not a whole number in its range.
 */
export function resolveConnectOptions(options: ConnectOptions): ConnectConfig {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS_DEFAULT } = options
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS_DEFAULT } = options
  const { closeTimeoutMs = CLOSE_TIMEOUT_MS_DEFAULT } = options
  const { baseMs, maxMs, attemptsMax } = options.reconnect || {}
  const retry = {
    baseMs: wholeNumber('reconnect.baseMs', baseMs ?? BASE_MS_DEFAULT),
    maxMs: wholeNumber('reconnect.maxMs', maxMs ?? MAX_MS_DEFAULT),
  }
  return {
    retry,
    reconnect: options.reconnect === false ? undefined : { ...retry, ...attempts(attemptsMax) },
    connectTimeoutMs: wholeNumber('connectTimeoutMs', connectTimeoutMs, 1),
    requestTimeoutMs: wholeNumber('requestTimeoutMs', requestTimeoutMs, 1),
    closeTimeoutMs: wholeNumber('closeTimeoutMs', closeTimeoutMs),
  }
}

function attempts(attemptsMax = Infinity): { readonly attemptsMax: number } {
  if (attemptsMax === Infinity) return { attemptsMax }
  return { attemptsMax: wholeNumber('reconnect.attemptsMax', attemptsMax, 1) }
}
