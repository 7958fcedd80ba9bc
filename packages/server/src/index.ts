/**
 * @tailrace/server: streams over WebSocket, and a little plain HTTP.
 *
 * Start at `startServer`. The protocol is in docs/protocol.md; storage comes from `@tailrace/core` or
 * from anything else that has the shape of `StreamStore`.
 */

export { silentLogger, type LogFields, type Logger } from './logger.js'
export { startServer, type CloseOptions, type TailraceServer } from './server.js'
export { SERVER_LIMITS, type ServerLimits } from './server-limits.js'
export type { ServerOptions } from './server-options.js'
export { letHeapGrow } from './io/heap-growth.js'
export type { CancelTimer, Timers } from './io/timers.js'
export type { StreamLog, StreamReader, StreamStore } from './storage/storage-port.js'
