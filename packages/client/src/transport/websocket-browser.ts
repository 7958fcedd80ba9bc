/**
 * The transport of browsers, and of every other environment with a global `WebSocket`.
 */

import { adoptWebSocket } from './web-socket-transport.js'
import type { Transport, TransportOptions } from './transport.js'

/** Opens a connection with the environment's own WebSocket. */
export function openWebSocket(options: TransportOptions): Transport {
  return adoptWebSocket(new WebSocket(options.url, [options.subprotocol]), options)
}
